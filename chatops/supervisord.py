"""supervisord, which goes on where nothing can be written: python -m chatops.supervisord OPTIONS…

A full disk under its log would otherwise end it, and all that it keeps running. Those learn its
number, so that they see if it ends before they can.
"""

from __future__ import annotations

import os
from typing import Any

from supervisor import loggers
from supervisor.supervisord import main

from chatops.tether import SUPERVISOR


def _lose_the_line(handler: Any) -> None:
    """Say nothing: where the log cannot be written, its errors could not be either."""


if __name__ == "__main__":
    loggers.Handler.handleError = _lose_the_line
    os.environ[SUPERVISOR] = str(os.getpid())
    main()
