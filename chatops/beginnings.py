"""A thread that cannot begin for want of memory is told of; Python waits for it without end.

https://github.com/python/cpython/issues/140746: the new thread dies before it has said that it
runs, and `start` waits for that word.
"""

from __future__ import annotations

import threading

PATIENCE = 20.0  # seconds; a machine under load is slow, and so is one that swaps


class _Begun(threading.Event):
    """What `start` waits for."""

    def wait(self, timeout: float | None = None) -> bool:
        """Return once it runs. Raises what Python raises where no thread can be had."""
        if super().wait(PATIENCE if timeout is None else timeout):
            return True
        raise RuntimeError("can't start new thread: it does not begin")


def set_up() -> None:
    """Have every thread of this process waited for so long and no longer."""
    threading.Thread.start = _start  # type: ignore[assignment, method-assign]


def _start(thread: threading.Thread) -> None:
    if not thread._started.is_set():  # type: ignore[attr-defined]
        thread._started = _Begun()  # type: ignore[attr-defined]
    try:
        _usual(thread)
    except RuntimeError:
        thread.run = _nothing  # type: ignore[method-assign]  # should it begin late after all
        raise


def _nothing() -> None:
    """Do nothing: nobody waits for it any more."""


_usual = threading.Thread.start
