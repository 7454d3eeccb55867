"""What the log says of requests that are not meant for this server."""

from __future__ import annotations

import logging


def without_traceback(record: logging.LogRecord) -> bool:
    """Make it one line: a stranger with a wrong name is no fault of the program."""
    record.exc_info = record.exc_text = None
    record.levelno, record.levelname = logging.WARNING, "WARNING"
    return True
