"""A chat worker's hold on what was said: renewed however long the work on it takes."""

from __future__ import annotations

import threading
import time
from datetime import timedelta
from types import TracebackType

from django.db import DatabaseError, connection
from django.db.models import Q
from django.utils import timezone

from bots.models import Incoming, Post

LEASE = timedelta(seconds=30)
TIMES = 3  # in the length of a lease
_held: set[Hold] = set()
_starting = threading.Lock()


def free() -> Q:
    """Match what nobody holds: its lease is over, or was written before a clock was put back."""
    now = timezone.now()
    return Q(lease_until=None) | Q(lease_until__lt=now) | Q(lease_until__gt=now + 2 * LEASE)


class Hold:
    """Keeps other workers from beginning it too.

    Two that have begun it all the same do no harm: deeds are keyed, and one answer is kept.
    """

    def __init__(self, said: Post | Incoming) -> None:
        self.said = said

    def __enter__(self) -> None:
        _held.add(self)
        Keeper.live()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        _held.discard(self)

    def renew(self) -> None:
        """Renew it; a database that is away now is asked again, before the lease has run out."""
        try:
            mine = type(self.said).objects.filter(pk=self.said.pk, handled_at=None)
            mine.update(lease_until=timezone.now() + LEASE)
        except DatabaseError:
            connection.close()


class Keeper(threading.Thread):
    """Renews all that the process holds. It stays: most lines are answered before it looks."""

    _one: Keeper | None = None

    @classmethod
    def live(cls) -> None:
        """Start it if it does not live, as in a process that was forked."""
        with _starting:
            if cls._one is None or not cls._one.is_alive():
                cls._one = cls(daemon=True, name="keeper")
                cls._one.start()

    def run(self) -> None:
        while True:
            time.sleep(LEASE.total_seconds() / TIMES)
            held = list(_held)
            for hold in held:
                hold.renew()
            if held:
                connection.close()
