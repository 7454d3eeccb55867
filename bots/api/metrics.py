"""Figures about messages on their way out."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Count, Min
from django.utils import timezone
from prometheus_client.metrics_core import GaugeMetricFamily, Metric

from bots.models import Outgoing

State = Outgoing.State


def outgoing() -> Iterator[Metric]:
    """Tell how many messages wait or were given up, and how long the first has waited."""
    rows = Outgoing.objects.exclude(state=State.SENT).order_by().values_list("state")
    found = {state: (number, since) for state, number, since in
             rows.annotate(number=Count("pk"), since=Min("waits_since"))}  # fmt: skip
    counted = GaugeMetricFamily(
        "shipmate_outgoing_messages", "Messages that are not out.", labels=["state"]
    )
    for state in (State.WAITING, State.FAILED):
        counted.add_metric([state.value], found.get(state, (0, None))[0])
    since = found.get(State.WAITING, (0, None))[1]
    waits = (timezone.now() - since).total_seconds() if since else 0
    yield counted
    yield GaugeMetricFamily(
        "shipmate_outgoing_oldest_seconds", "How long the first message has waited.", waits
    )
