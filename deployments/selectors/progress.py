"""How far what runs is, and when it will be done, as those like it took before."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import or_
from statistics import median

from django.db.models import Count, Exists, Max, Min, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from deployments.models import Deployment, Environment, PhaseRun

PAST = 10  # deployments that are looked back at
MOST = 95  # per cent, until it is done


@dataclass(frozen=True)
class Progress:
    percent: int
    elapsed: float = 0
    left: float | None = None  # seconds; None: nobody knows

    @property
    def total(self) -> float | None:
        return None if self.left is None else self.elapsed + self.left


@dataclass(frozen=True)
class Span:
    """One phase of one deployment, on all hosts of a batch."""

    began: datetime | None
    ended: datetime | None  # None: not yet on all of them

    @property
    def seconds(self) -> float | None:
        known = self.began is not None and self.ended is not None
        return (self.ended - self.began).total_seconds() if known else None  # type: ignore[operator]


Part = tuple[str, int]  # a phase, and a batch
Spans = Mapping[int, Mapping[Part, Span]]


@dataclass(frozen=True)
class Usual:
    """How long one like it takes: the middle of the last that succeeded."""

    phases: Mapping[str, float]  # each in one batch
    whole: float | None  # None: there was none yet


def usual(environment: Environment, task: str) -> Usual:
    """Return how long going on with a task takes there; going back takes another time."""
    done = Deployment.objects.filter(environment=environment, status="success").order_by("-pk")
    past = [
        one
        for one in _lean(done)[:PAST]
        if one.task == task and one.kind != Deployment.Kind.ROLLBACK
    ]
    took = [seconds for one in past if (seconds := one.seconds) is not None]
    spans = _spans([one.pk for one in past]) if past else {}
    return Usual(_usual(past, spans), median(took) if took else None)


def of(going: Sequence[Deployment]) -> dict[int, Progress]:
    """Return how far each running deployment is, in as many queries for one as for all."""
    running = [one for one in going if one.status == Deployment.Status.IN_PROGRESS]
    if not running:
        return {}
    past = _past(running)
    spans = _spans([*(one.pk for one in running), *(one.pk for one in past)])
    now = timezone.now()
    return {one.pk: _progress(one, _like(one, past), spans, now) for one in running}


def _like(deployment: Deployment, past: Iterable[Deployment]) -> list[Deployment]:
    place, task = deployment.environment_id, deployment.task
    return [one for one in past if one.environment_id == place and one.task == task]


def _past(running: Sequence[Deployment]) -> list[Deployment]:
    """Return the newest that succeeded in the same places, by the edge that each place has."""
    done = Deployment.objects.filter(
        environment=OuterRef("environment"), status="success"
    ).order_by("-pk")
    edges = Deployment.objects.filter(pk__in=[one.pk for one in running]).annotate(
        edge=Subquery(done.values("pk")[PAST - 1 : PAST])
    )
    since = [
        Q(environment=environment, status="success", pk__gte=edge or 0)
        for environment, edge in edges.values_list("environment", "edge")
    ]
    if not since:  # it has gone meanwhile
        return []
    return list(
        _lean(Deployment.objects.filter(reduce(or_, since)).order_by())
    )  # each place by its own index


def _lean(deployments: QuerySet[Deployment]) -> QuerySet[Deployment]:
    return deployments.only(
        "environment_id", "task", "kind", "started_at", "finished_at", "paused_at", "went_on_at"
    )


def _spans(numbers: Sequence[int]) -> Spans:
    """Return how long each phase took in each batch; who was left out is not waited for."""
    failed = PhaseRun.objects.filter(
        deployment=OuterRef("deployment"), host=OuterRef("host"), status__in=["failure", "error"]
    )
    rows = PhaseRun.objects.filter(deployment__in=numbers).order_by()
    rows = rows.exclude(Q(status="waiting") & Exists(failed.exclude(optional=True)))
    found: dict[int, dict[Part, Span]] = defaultdict(dict)
    for row in rows.values("deployment_id", "phase", "batch").annotate(
        began=Min("started_at"),
        ended=Max("finished_at"),
        open=Count("pk", filter=Q(finished_at=None)),
    ):
        ended = None if row["open"] else row["ended"]
        found[row["deployment_id"]][row["phase"], row["batch"] or 0] = Span(row["began"], ended)
    return found


def _progress(one: Deployment, past: list[Deployment], spans: Spans, now: datetime) -> Progress:
    elapsed = one.seconds_at(now) or 0.0
    left = _left_by_phase(spans.get(one.pk, {}), _usual(past, spans), now)
    if left is None:
        left = _left_in_all(one, past, elapsed)
    if left is None:
        return Progress(min(one.progress, MOST), elapsed)
    percent = round(100 * elapsed / (elapsed + left)) if elapsed + left else 0
    # While it is paused, nobody knows when it goes on.
    return Progress(min(percent, MOST), elapsed, None if one.is_paused else left)


def _usual(past: list[Deployment], spans: Spans) -> dict[str, float]:
    """Return how long each phase took in the middle."""
    took: dict[str, list[float]] = defaultdict(list)
    for one in past:
        for (phase, _), span in spans.get(one.pk, {}).items():
            if span.seconds is not None:
                took[phase].append(span.seconds)
    return {phase: median(seconds) for phase, seconds in took.items()}


def _left_by_phase(
    spans: Mapping[Part, Span], usual: Mapping[str, float], now: datetime
) -> float | None:
    """Return what is left of the phases that have not ended; None where one is not known."""
    still = [(phase, span) for (phase, _), span in spans.items() if span.ended is None]
    if not spans or any(phase not in usual for phase, _ in still):
        return None
    return sum(max(0.0, usual[phase] - _since(span, now)) for phase, span in still)


def _since(span: Span, now: datetime) -> float:
    return (now - span.began).total_seconds() if span.began else 0.0


def _left_in_all(one: Deployment, past: list[Deployment], elapsed: float) -> float | None:
    """Return what is left of the whole; going back takes another time than going on."""
    back = Deployment.Kind.ROLLBACK
    alike = [each for each in past if (each.kind == back) == (one.kind == back)]
    took = [seconds for each in alike if (seconds := each.seconds) is not None]
    return max(0.0, median(took) - elapsed) if took else None
