"""Figures for those who watch: how many, how long, how late. A constant number of queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import quantiles

from django.db.models import Count, Min
from django.utils import timezone

from deployments.models import Change, Deployment, Person, Worker
from deployments.selectors import lookup

LATELY = timedelta(days=1)
Place = tuple[str, str]  # app and environment


@dataclass(frozen=True)
class Counted:
    place: Place
    status: str
    number: int


@dataclass(frozen=True)
class Took:
    """How long what succeeded lately took, in the middle and at most of the time."""

    place: Place
    middle: float
    most: float


def counts(person: Person) -> list[Counted]:
    """Return how many deployments there are in each state, wherever the person may look."""
    names = _names(person)
    rows = Deployment.objects.order_by().values_list("environment_id", "status")
    return [
        Counted(names[place], status, number)
        for place, status, number in rows.annotate(number=Count("pk"))
        if place in names
    ]


def durations(person: Person) -> list[Took]:
    """Return how long those took that succeeded within the last day."""
    names, took = _names(person), defaultdict[int, list[float]](list)
    # By the changes, which have an index by time; a deployment succeeds once.
    ended = Change.objects.filter(
        at__gt=timezone.now() - LATELY, verb="deployment.status", new="success"
    ).exclude(deployment__started_at=None, deployment__finished_at=None)
    for place, begun, end in ended.values_list(
        "environment_id", "deployment__started_at", "deployment__finished_at"
    ):
        if place in names and begun and end:
            took[place].append((end - begun).total_seconds())
    return [Took(names[place], *_middle_and_most(found)) for place, found in took.items()]


def oldest_queued() -> datetime | None:
    """Return since when what waits longest has been ready to begin."""
    waiting = Deployment.objects.filter(status="queued")
    found: datetime | None = waiting.aggregate(oldest=Min("queued_at"))["oldest"]
    return found


def workers() -> list[Worker]:
    return list(Worker.objects.order_by("role", "name"))


def _names(person: Person) -> dict[int, Place]:
    rows = lookup.environments_for(person).order_by()
    return {
        pk: (app, name) for pk, app, name in rows.values_list("pk", "application__name", "name")
    }


def _middle_and_most(found: Sequence[float]) -> tuple[float, float]:
    """Return the median and the 95th percentile."""
    cuts = quantiles(found, n=20, method="inclusive") if len(found) > 1 else [found[0]] * 19
    return cuts[9], cuts[18]
