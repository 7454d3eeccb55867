"""supervisord, which goes on where nothing can be written: python -m chatops.supervisord OPTIONS…

A full disk under its log would otherwise end it, and all that it keeps running.
"""

from __future__ import annotations

from typing import Any

from supervisor import loggers
from supervisor.supervisord import main


def _lose_the_line(handler: Any) -> None:
    """Say nothing: where the log cannot be written, its errors could not be either."""


if __name__ == "__main__":
    loggers.Handler.handleError = _lose_the_line
    main()
