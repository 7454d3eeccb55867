"""A delivery is done once, whatever dies, and nothing that was kept is lost."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import OperationalError
from django.utils import timezone

from deployments import sweeper, tasks
from deployments.models import Delivery, Webhook
from deployments.services import deliveries, webhooks
from deployments.services.deliveries import State
from deployments.webhooks import handling
from deployments.webhooks.github import events
from tests.deployments.services.queueing import bells, drain, lose
from tests.deployments.webhooks.conftest import NAME, Deliver, about

pytestmark = pytest.mark.django_db

HEED = "deployments.tasks.heed"


@pytest.fixture
def kept(deliver: Deliver) -> Delivery:
    deliver("ping", about())
    return Delivery.objects.get()


def ago(delivery: Delivery, **fields: timedelta) -> None:
    past = {name: timezone.now() - span for name, span in fields.items()}
    Delivery.objects.filter(pk=delivery.pk).update(**past)


def renamed(webhook: Webhook) -> str:
    webhooks.rename(webhook, "acme/late")
    return "Too late."


def breaks(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def ping(*_: Any) -> str:
        raise error

    monkeypatch.setitem(events.EVENTS, "ping", ping)


def test_a_lost_bell_rings_again(kept: Delivery) -> None:
    lose("chat")
    ago(kept, rung_at=timedelta(seconds=6))

    sweeper.sweep()

    assert (HEED, (kept.pk,)) in bells("chat")
    drain("chat")
    kept.refresh_from_db()
    assert kept.state == "handled"


def test_a_bell_that_rang_a_moment_ago_is_given_time(kept: Delivery) -> None:
    lose("chat")

    deliveries.ring_forgotten()

    assert bells("chat") == []


def test_a_worker_that_died_over_it_is_followed_by_another(kept: Delivery) -> None:
    assert deliveries.take(kept.pk)
    tasks.heed(kept.pk)
    kept.refresh_from_db()
    assert kept.state == "waiting"

    ago(kept, lease_until=timedelta(seconds=1))
    tasks.heed(kept.pk)

    kept.refresh_from_db()
    assert kept.state == "handled"


def test_a_burst_rings_once_and_all_of_it_is_done(kept: Delivery, deliver: Deliver) -> None:
    for _ in range(3):
        deliver("ping", about())

    assert bells("chat") == [(HEED, (kept.pk,))]
    drain("chat")
    assert [row.state for row in Delivery.objects.all()] == ["handled"] * 4


def test_what_came_behind_a_lost_bell_is_done_too(kept: Delivery, deliver: Deliver) -> None:
    deliver("ping", about())
    lose("chat")
    Delivery.objects.update(received_at=timezone.now() - timedelta(seconds=6))
    ago(kept, rung_at=timedelta(seconds=6))

    deliveries.ring_forgotten()

    drain("chat")
    assert [row.state for row in Delivery.objects.all()] == ["handled"] * 2


def test_a_long_burst_lets_others_have_their_turn(
    kept: Delivery, deliver: Deliver, monkeypatch: pytest.MonkeyPatch
) -> None:
    deliver("ping", about())
    lose("chat")
    monkeypatch.setattr(handling, "TURN", -1.0)

    tasks.heed(kept.pk)

    second = Delivery.objects.get(state="waiting")
    assert bells("chat") == [(HEED, (second.pk,))]


def test_who_comes_too_late_leaves_nothing(
    kept: Delivery, webhook: Webhook, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its lease ran out, and another has handled it since it began."""

    def read(delivery: Delivery) -> Callable[[], str]:
        deliveries.end(delivery, State.HANDLED, "By another worker.")
        return partial(renamed, webhook)

    monkeypatch.setattr(events, "read", read)

    tasks.heed(kept.pk)

    kept.refresh_from_db()
    webhook.refresh_from_db()
    assert kept.outcome == "By another worker."
    assert webhook.full_name == NAME


def test_two_bells_are_one(kept: Delivery, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []

    def ping(*_: Any) -> str:
        done.append("pong")
        return "Once."

    monkeypatch.setitem(events.EVENTS, "ping", ping)

    tasks.heed(kept.pk)
    tasks.heed(kept.pk)

    assert done == ["pong"]


def test_what_kills_every_worker_is_not_tried_for_ever(kept: Delivery) -> None:
    Delivery.objects.update(attempts=deliveries.ATTEMPTS)

    tasks.heed(kept.pk)

    kept.refresh_from_db()
    assert (kept.state, kept.outcome[:14]) == ("failed", "5 workers died")


def test_a_fault_is_told_without_its_text(
    kept: Delivery, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    breaks(monkeypatch, ValueError("hunter2hunter2"))

    with caplog.at_level(logging.ERROR):
        tasks.heed(kept.pk)

    kept.refresh_from_db()
    assert kept.outcome == f"Shipmate failed over this; its log names delivery {kept.pk}."
    assert f"Delivery {kept.pk} failed: ValueError" in caplog.text
    assert "hunter2hunter2" not in caplog.text


def test_a_database_that_is_away_for_a_moment_is_no_end(
    kept: Delivery, monkeypatch: pytest.MonkeyPatch
) -> None:
    breaks(monkeypatch, OperationalError())

    tasks.heed(kept.pk)

    kept.refresh_from_db()
    assert kept.state == "waiting"


def test_what_is_old_and_done_is_forgotten(kept: Delivery, deliver: Deliver) -> None:
    drain("chat")
    deliver("ping", about())
    Delivery.objects.update(received_at=timezone.now() - timedelta(days=15))

    deliveries.forget_old()

    assert [row.state for row in Delivery.objects.all()] == ["waiting"]
