"""A chat worker's hold on a post: renewed while it works on it, however long the forge takes."""

from __future__ import annotations

import threading
from datetime import timedelta
from types import TracebackType

from django.db import DatabaseError, connection
from django.utils import timezone

from bots.models import Post

LEASE = timedelta(seconds=30)


class Hold(threading.Thread):
    """Keeps other workers from beginning the post too.

    Two that have begun it all the same do no harm: deeds are keyed, and one answer is kept.
    """

    def __init__(self, post: Post) -> None:
        super().__init__(daemon=True, name=f"post-{post.pk}")
        self.mine = Post.objects.filter(pk=post.pk, handled_at=None)
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
            self.mine.update(lease_until=timezone.now() + LEASE)
        except DatabaseError:
            connection.close()
