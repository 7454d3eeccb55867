"""A lock between processes that ends with its holder."""

from __future__ import annotations

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deployments.exceptions import RepositoryAway

PAUSE = 0.05


@contextmanager
def locked(path: Path, timeout: float, doing: str) -> Iterator[None]:
    """Hold the file's lock; after `timeout` seconds of waiting refuse."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    deadline = time.monotonic() + timeout
    with path.open("ab") as file:
        while not _taken(file.fileno()):
            if time.monotonic() > deadline:
                raise RepositoryAway(f"Another process has been {doing} for {timeout:.0f} s.")
            time.sleep(PAUSE)
        yield


def _taken(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
