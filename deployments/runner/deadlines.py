"""Times by which something must have ended, all watched by one thread.

A timer of `threading` would be a thread for each: two for every run on every host.
"""

from __future__ import annotations

import heapq
import itertools
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass(order=True)
class _Deadline:
    at: float  # by time.monotonic
    number: int
    act: Callable[[], object] | None = field(compare=False)


class Deadlines:
    """Those of one process. The thread begins with the first of them."""

    def __init__(self) -> None:
        self._set: list[_Deadline] = []
        self._numbers = itertools.count()
        self._news = threading.Condition()
        self._thread: threading.Thread | None = None

    @contextmanager
    def within(self, seconds: float, act: Callable[[], object]) -> Iterator[None]:
        """Do `act`, in a thread of its own, unless the block ends in time."""
        deadline = _Deadline(time.monotonic() + seconds, next(self._numbers), act)
        self._add(deadline)
        try:
            yield
        finally:
            deadline.act = None

    def _add(self, deadline: _Deadline) -> None:
        with self._news:
            heapq.heappush(self._set, deadline)
            if self._set[0] is deadline:
                self._news.notify()
        # Beyond the lock, as where memory lacks it may not return. A second one does no harm.
        if self._thread is None or not self._thread.is_alive():
            self._thread = threading.Thread(target=self._watch, name="deadlines", daemon=True)
            self._thread.start()

    def _watch(self) -> None:
        while True:
            for act in self._overdue():
                try:
                    # It may take long, and others are watched meanwhile.
                    threading.Thread(target=act, daemon=True).start()
                except (MemoryError, RuntimeError):
                    act()

    def _overdue(self) -> list[Callable[[], object]]:
        """Wait until the next may be over; return what is to be done."""
        with self._news:
            self._news.wait(self._set[0].at - time.monotonic() if self._set else None)
            over = []
            while self._set and self._set[0].at <= time.monotonic():
                act = heapq.heappop(self._set).act
                over += [act] if act is not None else []
            return over


deadlines = Deadlines()


def _anew() -> None:
    # No thread comes along into a child, and a lock that another one held would stay held.
    deadlines.__init__()  # type: ignore[misc]


os.register_at_fork(after_in_child=_anew)
