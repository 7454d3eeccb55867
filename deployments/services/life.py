"""Whether a worker of this machine is still at work, known at once and for certain.

While it is, it holds a lock on a file of its own in the state folder, which the kernel takes from
it however it ends. Without the file nothing is known: it may be another machine's, and its lease
decides.
"""

from __future__ import annotations

import fcntl
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from django.conf import settings

from deployments.services import workers

_lock = threading.Lock()
_held: list[int] = []  # descriptors, one for each deployment that this process carries out


@contextmanager
def shown() -> Iterator[None]:
    """Hold a lock while this worker is at work. A full disk leaves the lease to decide."""
    with _lock:
        _held.append(_take())
    try:
        yield
    finally:
        with _lock:
            os.close(_held.pop())


def _take() -> int:
    """Return a descriptor that goes with this process; the lock goes with the last of them."""
    if _held:
        return os.dup(_held[0])
    try:
        path = _path(workers.name())
        path.parent.mkdir(mode=0o700, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
    except OSError:
        return os.open(os.devnull, os.O_RDONLY)
    return descriptor


def is_over(worker: str) -> bool:
    """Return whether this worker is at work no more; False where that is not known."""
    with suppress(OSError):
        descriptor = os.open(_path(worker), os.O_RDWR)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        finally:
            os.close(descriptor)
        return True
    return False


def forget() -> None:
    """Remove the files of those that are at work no more."""
    for path in _folder().glob("*"):
        if is_over(path.name):
            path.unlink(missing_ok=True)


def _path(worker: str) -> Path:
    return _folder() / worker.replace("/", "_")


def _folder() -> Path:
    return Path(settings.SHIPMATE_STATE) / "workers"
