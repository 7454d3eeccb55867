"""How releases went, week by week: kept as they end, and counted anew where that does not fit."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

from django.core.cache import cache
from django.db import transaction
from django.db.models import F, Sum
from django.utils import timezone

from deployments.durations import class_of
from deployments.models import Deployment, Tally
from deployments.models.deployment import FINISHED
from deployments.services import queue

FIELDS = {
    "success": "succeeded", "failure": "failed", "error": "failed", "cancelled": "cancelled",
}  # fmt: skip
BATCH = 2_000
EVERY = 600  # seconds between two looks whether all are counted
Key = tuple[int, date]


def week_of(moment: datetime) -> date:
    """Return the Monday of its week, in the installation's own time zone."""
    day = timezone.localdate(moment, timezone.get_default_timezone())
    return day - timedelta(days=day.weekday())


def count(deployment: Deployment, status: str, finished_at: datetime) -> None:
    """Count one that ends, in the transaction that ends it."""
    tally, _ = Tally.objects.get_or_create(
        environment_id=deployment.environment_id, week=week_of(finished_at)
    )
    rows = Tally.objects.filter(pk=tally.pk)
    field = _field(deployment.task, status)
    rows.update(**{field: F(field) + 1})
    seconds = deployment.seconds_at(finished_at)
    if field == "succeeded" and seconds is not None:
        took = Counter(rows.select_for_update().get().took)
        took[class_of(seconds)] += 1
        rows.update(took=took)


def _field(task: str, status: str) -> str:
    return FIELDS[status] if task == "deploy" else "tasks"


def see_to() -> None:
    """Have all counted anew where not as many are counted as have ended; now and then."""
    if cache.add("tallies", "looked at", EVERY) and not are_true():
        queue.wake("deployments.tasks.recount", cluster="chat")


def are_true() -> bool:
    """Return whether as many are counted as have ended. Both are counted without reading rows."""
    ended = Deployment.objects.filter(status__in=FINISHED).order_by().count()
    sums = F("succeeded") + F("failed") + F("cancelled") + F("tasks")
    return bool(Tally.objects.aggregate(counted=Sum(sums, default=0))["counted"] == ended)


def recount() -> None:
    """Count all anew. What ends meanwhile is missed, and found missing the next time."""
    tallies = list(_counted())
    with transaction.atomic():
        Tally.objects.all().delete()
        Tally.objects.bulk_create(tallies, BATCH)


def _counted() -> Iterator[Tally]:
    counts: dict[Key, Counter[str]] = defaultdict(Counter)
    took: dict[Key, Counter[str]] = defaultdict(Counter)
    for environment, task, status, created, started, finished, *pause in _ended():
        key, field = (environment, week_of(finished or created)), _field(task, status)
        counts[key][field] += 1
        if field == "succeeded" and started and finished:
            took[key][class_of((finished - started - _length(*pause)).total_seconds())] += 1
    for (environment, week), counted in counts.items():
        classes = dict(took.get((environment, week), ()))
        yield Tally(environment_id=environment, week=week, took=classes, **counted)


def _length(paused: datetime | None, went_on: datetime | None) -> timedelta:
    return went_on - paused if paused and went_on else timedelta()


def _ended() -> Iterator[tuple[Any, ...]]:
    rows = Deployment.objects.filter(status__in=FINISHED).order_by()
    values = rows.values_list(
        "environment_id", "task", "status", "created_at", "started_at", "finished_at",
        "paused_at", "went_on_at",
    )  # fmt: skip
    return values.iterator(BATCH)
