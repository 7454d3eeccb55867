"""A chat worker's hold on what was said: renewed however long the work on it takes."""

from __future__ import annotations

import threading
from datetime import timedelta
from types import TracebackType

from django.db import DatabaseError, connection
from django.utils import timezone

from bots.models import Incoming, Post

LEASE = timedelta(seconds=30)


class Hold(threading.Thread):
    """Keeps other workers from beginning it too.

    Two that have begun it all the same do no harm: deeds are keyed, and one answer is kept.
    """

    def __init__(self, said: Post | Incoming) -> None:
        super().__init__(daemon=True, name=f"hold-{said.pk}")
        self.said = said
        self._over = threading.Event()

    def __enter__(self) -> None:
        self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over.set()
        self.join()

    def run(self) -> None:
        try:
            while not self._over.wait(LEASE.total_seconds() / 3):
                self._renew()
        finally:
            connection.close()

    def _renew(self) -> None:
        """Renew it; a database that is away now is asked again, before the lease has run out."""
        try:
            mine = type(self.said).objects.filter(pk=self.said.pk, handled_at=None)
            mine.update(lease_until=timezone.now() + LEASE)
        except DatabaseError:
            connection.close()
