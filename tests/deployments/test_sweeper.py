"""What was lost is found again, and every state has an end."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.utils import timezone
from pytest_django import Settings

from deployments import sweeper
from deployments.models import Deployment, Environment, Person, Worker
from deployments.services import locks, queue, workers
from deployments.services.moves import claim
from tests.deployments import build
from tests.deployments.services.conftest import SHA, copy, enqueue, fall_silent
from tests.deployments.services.queueing import bells, lose

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("carrier")]

RUN = "deployments.tasks.run"
CLEAR = "deployments.tasks.clear"


@pytest.fixture
def here(db: None) -> Environment:
    return build.environment(build.application("plain", Path("/nowhere/plain.git")), "here")


def ago(deployment: Deployment, **fields: timedelta) -> None:
    """Let it have happened so long ago."""
    past = {name: timezone.now() - span for name, span in fields.items()}
    Deployment.objects.filter(pk=deployment.pk).update(**past)


def test_a_clock_that_is_put_forward_or_back_ends_the_calm() -> None:
    """All leases seem to be over then, also those of workers that live."""
    ahead = [0.0]
    calm = sweeper.Calm(lambda: time.time() + ahead[0])
    time.sleep(0.2)
    assert calm.seconds() > 0.1

    for ahead[0] in (40_000.0, -40_000.0):
        time.sleep(0.05)
        assert calm.seconds() == 0

    time.sleep(0.2)
    assert calm.seconds() > 0.1


def test_a_lost_bell_rings_again(here: Environment, alice: Person) -> None:
    deployment = enqueue(here, alice)
    lose()
    ago(deployment, rung_at=timedelta(seconds=6))

    sweeper.sweep()

    assert bells() == [(RUN, (deployment.pk,))]


def test_a_bell_that_never_rang_rings(here: Environment, alice: Person) -> None:
    deployment = build.deployment(here, alice, SHA, status="queued")

    sweeper.sweep()

    assert bells() == [(RUN, (deployment.pk,))]


def test_a_bell_that_rang_a_moment_ago_is_given_time(here: Environment, alice: Person) -> None:
    enqueue(here, alice)
    lose()

    sweeper.sweep()

    assert bells() == []


def test_what_waits_for_another_is_not_rung_for(here: Environment, alice: Person) -> None:
    assert claim(enqueue(here, alice), "one")
    ago(enqueue(here, alice), rung_at=timedelta(hours=1))
    lose()

    sweeper.sweep()

    assert bells() == []


def test_only_the_first_of_a_queue_is_rung_for(here: Environment, alice: Person) -> None:
    first, second = enqueue(here, alice), enqueue(here, alice)
    lose()
    ago(first, rung_at=timedelta(minutes=1))
    ago(second, rung_at=timedelta(minutes=1))

    sweeper.sweep()

    assert bells() == [(RUN, (first.pk,))]


def test_bells_do_not_pile_up_while_nobody_works(here: Environment, alice: Person) -> None:
    deployment = enqueue(here, alice)
    for _ in range(queue.FULL + 10):
        ago(deployment, rung_at=timedelta(minutes=1))
        sweeper.ring_queued() if len(bells()) < queue.FULL else sweeper.sweep()

    assert len(bells()) == queue.FULL


def test_a_run_whose_worker_fell_silent_is_rung_for(here: Environment, alice: Person) -> None:
    deployment = enqueue(here, alice)
    claim(deployment, "one")
    lose()
    fall_silent(deployment)

    sweeper.sweep()

    assert bells() == [(RUN, (deployment.pk,))]
    assert copy(deployment).status == "in_progress"


def test_a_run_whose_lease_holds_is_left_alone(here: Environment, alice: Person) -> None:
    deployment = enqueue(here, alice)
    claim(deployment, "one")
    lose()
    ago(deployment, rung_at=timedelta(hours=1))

    sweeper.sweep()

    assert bells() == []


def test_what_is_pending_is_looked_at_again_by_a_chat_worker(
    here: Environment, alice: Person
) -> None:
    deployment = build.deployment(here, alice, "", status="pending")

    sweeper.sweep()
    sweeper.sweep()

    assert [bell for bell in bells("chat") if bell[0] == CLEAR] == [(CLEAR, (deployment.pk,))]


def test_nobody_is_rung_for_what_waits_for_a_word(
    here: Environment, alice: Person, settings: Settings
) -> None:
    asked = build.deployment(here, alice, SHA, status="pending", waits_for="approval")

    sweeper.sweep()
    assert [bell for bell in bells("chat") if bell[0] == CLEAR] == []
    ago(asked, created_at=timedelta(seconds=settings.SHIPMATE_WAITING_DEADLINE + 1))
    sweeper.sweep()

    assert (copy(asked).status, copy(asked).note) == ("error", "Nobody approved it in time.")


def test_of_many_that_are_pending_some_are_looked_at_in_a_round(
    here: Environment, alice: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue, "FULL", 2)
    made = [build.deployment(here, alice, "", status="pending") for _ in range(4)]
    for _ in range(2):
        lose("chat")
        sweeper.clear_pending()

    assert bells("chat") == [(CLEAR, (one.pk,)) for one in made[2:]]


def test_what_is_pending_for_too_long_ends_though_nobody_looked(
    here: Environment, alice: Person, settings: Settings
) -> None:
    deployment = build.deployment(here, alice, "", status="pending", note="It is away.")
    ago(deployment, created_at=timedelta(seconds=settings.SHIPMATE_PENDING_DEADLINE + 121))

    sweeper.sweep()

    kept = copy(deployment)
    assert (kept.status, kept.reason, kept.note) == ("error", "forge", "It is away.")


def test_what_is_queued_for_too_long_ends(
    here: Environment, alice: Person, settings: Settings
) -> None:
    deployment = enqueue(here, alice)
    ago(deployment, queued_at=timedelta(seconds=settings.SHIPMATE_QUEUED_DEADLINE + 1))

    sweeper.sweep()

    kept = copy(deployment)
    assert (kept.status, kept.reason) == ("error", "lost")
    assert kept.note == "No worker took it in time."


def overdue(here: Environment, alice: Person, settings: Settings) -> Deployment:
    deployment = enqueue(here, alice)
    claim(deployment, "one")
    long = timedelta(seconds=settings.SHIPMATE_LONGEST_DEPLOYMENT + 3_601)
    ago(deployment, started_at=long)
    return deployment


def test_a_run_that_nobody_could_go_on_with_ends_in_doubt(
    here: Environment, alice: Person, settings: Settings
) -> None:
    deployment = overdue(here, alice, settings)
    fall_silent(deployment)

    sweeper.sweep()

    kept = copy(deployment)
    assert (kept.status, kept.reason) == ("error", "lost")
    assert "none could find out how it ended" in kept.note


def test_what_a_host_could_not_end_is_told_then_too(
    here: Environment, alice: Person, settings: Settings
) -> None:
    deployment = overdue(here, alice, settings)
    build.phase(deployment, "build", 1, "cancelled", doubt="41 is left on here-1")
    fall_silent(deployment)

    sweeper.sweep()

    assert copy(deployment).note.endswith("on the hosts. 41 is left on here-1.")


def test_a_long_run_whose_worker_lives_goes_on(
    here: Environment, alice: Person, settings: Settings
) -> None:
    deployment = overdue(here, alice, settings)

    sweeper.sweep()

    assert copy(deployment).status == "in_progress"


def test_after_an_outage_workers_have_time_to_find_out_what_became_of_it(
    here: Environment, alice: Person, settings: Settings
) -> None:
    deployment = overdue(here, alice, settings)
    fall_silent(deployment)

    sweeper.sweep(settled=False)

    assert copy(deployment).status == "in_progress"
    assert bells() == [(RUN, (deployment.pk,))] * 2


def in_an_hour(deployment: Deployment, *fields: str) -> None:
    """Let it have been written before a clock was put back."""
    ago(deployment, **dict.fromkeys(fields, timedelta(hours=-1)))


def test_a_clock_that_was_put_back_keeps_no_dead_worker_s_run(
    here: Environment, alice: Person
) -> None:
    deployment = enqueue(here, alice)
    claim(deployment, "one")
    lose()
    in_an_hour(deployment, "lease_until", "rung_at")

    sweeper.sweep()

    assert bells() == [(RUN, (deployment.pk,))]
    assert claim(copy(deployment), "another")


def test_a_clock_that_was_put_back_keeps_no_lost_bell(here: Environment, alice: Person) -> None:
    deployment = enqueue(here, alice)
    lose()
    in_an_hour(deployment, "rung_at")

    sweeper.sweep()

    assert bells() == [(RUN, (deployment.pk,))]


def test_processes_that_are_gone_are_forgotten() -> None:
    workers.beat("deploy")
    Worker.objects.update(seen_at=timezone.now() - timedelta(days=2))

    sweeper.sweep()

    assert not Worker.objects.exists()


@pytest.fixture
def steps() -> Iterator[list[str]]:
    """A step of another application, and what it has done."""
    done: list[str] = []

    def step() -> None:
        done.append("done")

    sweeper.add(step)
    sweeper.add(step)
    yield done
    sweeper._rounds.remove(step)


def test_steps_of_others_are_done_once_in_a_round(steps: list[str]) -> None:
    sweeper.sweep()

    assert steps == ["done"]


def _away(execute: Any, sql: str, *rest: Any) -> Any:
    raise OperationalError("password=hunter2 refused")


def test_a_step_that_fails_keeps_no_other_from_being_done(
    here: Environment, alice: Person, steps: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    deployment = build.deployment(here, alice, SHA, status="queued")
    monkeypatch.setattr(locks, "end_over", _broken)

    assert not sweeper.sweep_safely()

    assert bells() == [(RUN, (deployment.pk,))]
    assert steps == ["done"]


def _broken() -> None:
    raise ValueError("of one row")


@pytest.mark.django_db(transaction=True)
def test_a_database_that_is_away_is_no_end(
    here: Environment, alice: Person, caplog: pytest.LogCaptureFixture
) -> None:
    build.deployment(here, alice, SHA, status="queued")
    with connection.execute_wrapper(_away), caplog.at_level(logging.WARNING):
        assert not sweeper.sweep_safely()

    assert "hunter2" not in caplog.text
    assert sweeper.sweep_safely()
    assert len(bells()) == 1


def test_a_round_costs_the_same_for_one_that_runs_and_for_many(
    here: Environment, alice: Person, django_assert_max_num_queries: Any
) -> None:
    app = here.application
    for number in range(10):
        place = build.environment(app, f"place-{number}")
        build.deployment(place, alice, SHA, status="in_progress")
        build.deployment(place, alice, SHA, status="queued")

    with django_assert_max_num_queries(33):
        sweeper.sweep()
