"""/metrics: figures for Prometheus, read by a token that has the scope for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from rest_framework.request import Request

from deployments import rights
from deployments.api.doors import ApiView, person_of
from deployments.models import Person
from deployments.models.deployment import FINISHED
from deployments.selectors import figures
from deployments.services import queue

PLACE = ["app", "environment"]
_others: list[Callable[[], Iterator[Metric]]] = []


def add(collect: Callable[[], Iterator[Metric]]) -> None:
    """Have further figures told with ours; others add theirs from their AppConfig."""
    if collect not in _others:
        _others.append(collect)


class Metrics(ApiView):
    reads = ("metrics",)

    @extend_schema(exclude=True)  # its form is Prometheus's own
    def get(self, request: Request) -> HttpResponse:
        registry = CollectorRegistry(auto_describe=False)
        registry.register(Figures(person_of(request)))
        return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


class Figures(Collector):
    """Reads all figures anew for each scrape: web processes count nothing by themselves."""

    def __init__(self, person: Person) -> None:
        self.person = person

    def describe(self) -> Iterator[Metric]:
        """Say nothing beforehand: it would be read twice."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        yield from _deployments(self.person)
        yield _durations(self.person)
        if rights.seen(self.person) is not None:
            return  # the rest counts what is of other apps
        yield from _queue()
        yield from _workers()
        for collect in _others:
            yield from collect()


def _deployments(person: Person) -> Iterator[Metric]:
    ended = CounterMetricFamily(
        "shipmate_deployments_finished", "Deployments that ended.", labels=[*PLACE, "status"]
    )
    going = GaugeMetricFamily(
        "shipmate_deployments_unfinished",
        "Deployments that wait or run.",
        labels=[*PLACE, "status"],
    )
    for one in figures.counts(person):
        family = ended if one.status in FINISHED else going
        family.add_metric([*one.place, one.status], one.number)
    yield from (ended, going)


def _durations(person: Person) -> Metric:
    took = GaugeMetricFamily(
        "shipmate_deployment_duration_seconds",
        "How long what succeeded within the last day took.",
        labels=[*PLACE, "quantile"],
    )
    for one in figures.durations(person):
        took.add_metric([*one.place, "0.5"], one.middle)
        took.add_metric([*one.place, "0.95"], one.most)
    return took


def _queue() -> Iterator[Metric]:
    oldest = figures.oldest_queued()
    waits = (timezone.now() - oldest).total_seconds() if oldest else 0
    yield GaugeMetricFamily(
        "shipmate_queue_oldest_seconds", "How long the first in the queue has waited.", waits
    )
    bells = GaugeMetricFamily(
        "shipmate_queue_bells", "Bells that no worker has heard yet.", labels=["cluster"]
    )
    for cluster in ("deploy", "chat"):
        waiting = queue.bells(cluster)
        if waiting is not None:
            bells.add_metric([cluster], waiting)
    yield bells


def _workers() -> Iterator[Metric]:
    ages = GaugeMetricFamily(
        "shipmate_worker_heartbeat_age_seconds",
        "How long ago a process was heard of.",
        labels=["role", "worker"],
    )
    for worker in figures.workers():
        ages.add_metric(
            [worker.role, worker.name], (timezone.now() - worker.seen_at).total_seconds()
        )
    yield ages
