"""Whether a worker of this machine lives, known at once and for certain.

Each holds a lock on a file of its own in the state folder, which the kernel takes from it however
it ends. Without the file nothing is known: it may be another machine's, and its lease decides.
"""

from __future__ import annotations

import fcntl
import os
from contextlib import suppress
from pathlib import Path

from django.conf import settings

from deployments.services import workers

_held: dict[Path, int] = {}  # by this process; the descriptor goes with it


def show() -> None:
    """Hold this process's lock, from here to its end. A full disk leaves the lease to decide."""
    path = _path(workers.name())
    if path in _held:
        return
    with suppress(OSError):
        path.parent.mkdir(mode=0o700, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        _held[path] = descriptor


def is_over(worker: str) -> bool:
    """Return whether this worker has ended; False where that is not known."""
    with suppress(OSError):
        descriptor = os.open(_path(worker), os.O_RDWR)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        finally:
            os.close(descriptor)
        return True
    return False


def forget() -> None:
    """Remove the files of those that have ended."""
    for path in _folder().glob("*"):
        if is_over(path.name):
            path.unlink(missing_ok=True)


def _path(worker: str) -> Path:
    return _folder() / worker.replace("/", "_")


def _folder() -> Path:
    return Path(settings.SHIPMATE_STATE) / "workers"
