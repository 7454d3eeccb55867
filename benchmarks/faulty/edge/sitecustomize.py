"""Names of hosts for the processes of one installation: those in a file, and no others.

Python imports this at its start where the folder is on its path. Names end in `.faulty`; while
the file is away, the name server does not answer.
"""

from __future__ import annotations

import os
import socket
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


if NAMES:
    socket.getaddrinfo = getaddrinfo
