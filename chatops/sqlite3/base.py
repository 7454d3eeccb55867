"""Django's SQLite, with a queue: the threads of a process take turns to begin a transaction.

Whoever finds SQLite's one write lock taken sleeps and tries again, longer each time. With fifty
requests at once most of the time nobody writes, and who has waited longest asks least often. So
one thread of a process asks at a time, and the others are woken in turn.
"""

from __future__ import annotations

import os
import threading

from django.db.backends.sqlite3 import base

PATIENCE = 5.0  # seconds; a turn is a courtesy, and the lock itself decides
_turn = threading.Lock()


class DatabaseWrapper(base.DatabaseWrapper):
    def _start_transaction_under_autocommit(self) -> None:
        mine = _turn.acquire(timeout=PATIENCE)
        try:
            super()._start_transaction_under_autocommit()  # type: ignore[misc]
        finally:
            if mine:
                _turn.release()


def _begin_anew() -> None:
    """In a forked process none of the threads lives that waited for a turn, or had it."""
    global _turn  # noqa: PLW0603
    _turn = threading.Lock()


os.register_at_fork(after_in_child=_begin_anew)
