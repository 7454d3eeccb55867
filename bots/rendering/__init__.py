"""Message → payload, one module for each format, each with `render(message)`."""

from __future__ import annotations
