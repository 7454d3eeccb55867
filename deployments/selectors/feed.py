"""What changed lately, for those who follow. Rows appear at COMMIT, not in order of their ids."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import DatabaseError, connection
from django.db.models import Max
from django.utils import timezone

from deployments.models import Change, Deployment

WINDOW = timedelta(seconds=10)  # longer than any transaction of ours stays open
MOST_MISSED = 500


@dataclass(frozen=True)
class News:
    """That something changed, and where; not what it is now."""

    id: int  # of the Change; 0: only a sign of life from a deployment that runs
    verb: str
    deployment: int | None
    environment: int | None
    application: int | None
    topic: str = ""  # what else is about, as pages name it: room-3
    subject: str = ""  # which one of the topic


def newest() -> int:
    """Return the number of the newest change."""
    return Change.objects.aggregate(newest=Max("pk"))["newest"] or 0


def since(after: int) -> list[News]:
    """Return what came after a change, and what may have been committed late before it."""
    later = Change.objects.filter(pk__gt=after).order_by("-pk").values_list("pk", flat=True)
    numbers = {*later[:MOST_MISSED], *_lately(timezone.now() - WINDOW)}
    return _changes(numbers)[-MOST_MISSED:]


class Follower:
    """Looks again and again, and tells each change once."""

    def __init__(self) -> None:
        self.looked = timezone.now()
        self.told: set[int] = set()
        self.going: dict[int, tuple[Any, ...]] = {}
        self.pulse: object = None

    def look_if_moved(self) -> list[News]:
        """Look, unless it is certain that nobody wrote since. For one who writes nothing.

        What is written while this looks moves the pulse after it was taken: it is seen next time.
        """
        try:
            before, self.pulse = self.pulse, _pulse()
        except DatabaseError:
            return []
        return [] if self.pulse is not None and self.pulse == before else self.look()

    def look(self) -> list[News]:
        """Return what is new. A database that is away now is asked again later."""
        try:
            return [*self._changes(), *self._signs_of_life()]
        except DatabaseError:
            return []

    def _changes(self) -> list[News]:
        now = timezone.now()
        lately = _lately(self.looked - WINDOW)
        news = _changes(lately - self.told)
        self.looked, self.told = now, lately
        return news

    def _signs_of_life(self) -> list[News]:
        """Return a sign for each running deployment whose log, phase or progress moved."""
        before, self.going = self.going, {row[0]: row for row in _going()}
        return [
            News(0, "deployment.progress", row[0], row[1], row[2])
            for number, row in self.going.items()
            if before.get(number) not in (None, row)
        ]


def _pulse() -> object:
    """Return what moves when another connection commits, where the database tells that for nothing.

    https://www.sqlite.org/pragma.html#pragma_data_version
    """
    if connection.vendor != "sqlite":
        return None
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA data_version")
        return id(connection.connection), cursor.fetchone()


def _lately(since: datetime) -> set[int]:
    """Return the numbers alone: an index has them, and asked for more, SQLite reads all there is
    in the order that it is wanted in."""
    return set(Change.objects.filter(at__gt=since).order_by().values_list("pk", flat=True))


def _changes(numbers: Collection[int]) -> list[News]:
    if not numbers:
        return []
    rows = Change.objects.filter(pk__in=numbers).order_by("pk")
    return [
        News(*row)
        for row in rows.values_list(
            "pk", "verb", "deployment_id", "environment_id", "application_id", "topic", "subject"
        )
    ]


def _going() -> list[tuple[Any, ...]]:
    return list(
        Deployment.objects.filter(status="in_progress").values_list(
            "pk", "environment_id", "environment__application_id", "log_seq", "phase", "progress"
        )
    )
