"""A phase on many hosts over SSH: connect, upload, run, follow, cancel. Knows no database."""

from __future__ import annotations
