"""The names of hosts, and the pauses, of one installation's processes.

Python imports this at its start where the folder is on its path. Names of hosts end in `.faulty`;
while a file is away, the name server does not answer.
"""

from __future__ import annotations

import os
import select
import socket
import time
from pathlib import Path
from typing import Any

NAMES = os.environ.get("FAULTY_NAMES", "")
_real = socket.getaddrinfo


def getaddrinfo(host: Any, *rest: Any, **more: Any) -> Any:
    if isinstance(host, str) and host.endswith(".faulty"):
        if not Path(NAMES).exists():
            raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
        host = "127.0.0.1"
    return _real(host, *rest, **more)


def sleep(seconds: Any) -> None:
    select.select([], [], [], float(seconds))


if NAMES:
    socket.getaddrinfo = getaddrinfo
if "FAKETIME_TIMESTAMP_FILE" in os.environ:
    # libfaketime 0.9.10 breaks clock_nanosleep where it leaves the monotonic clock alone.
    time.sleep = sleep
