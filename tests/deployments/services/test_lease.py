"""A hold that is renewed while its worker lives, and refused once another has it."""

from __future__ import annotations

import signal
import time
from typing import Any

import pytest
from django.conf import settings
from django.db import InterfaceError, OperationalError, connection

from deployments import tasks
from deployments.models import Deployment, PhaseRun, Placement
from deployments.runner.fanout import Fleet
from deployments.services import lease as leases
from deployments.services import lifecycle, work, workers
from deployments.services.lease import Lease, LeaseLost
from deployments.services.lifecycle import Door
from deployments.services.logs import LogWriter
from deployments.services.moves import claim, move
from deployments.services.work import Work
from tests.deployments.services import elsewhere
from tests.deployments.services.conftest import copy, fall_silent
from tests.deployments.services.world import until

pytestmark = pytest.mark.django_db


@pytest.fixture
def held(queued: Deployment) -> Deployment:
    assert claim(queued, "one")
    queued.settings = {"hosts": [], "settings": {}}
    return queued


def take_over(held: Deployment) -> None:
    fall_silent(held)
    assert claim(copy(held), "another")


def at_work(held: Deployment) -> Work:
    lease = Lease(held)
    return Work(held, lease, LogWriter(held, lease, []), Fleet([]), {})


def test_a_process_that_stood_still_takes_that_for_no_silence(held: Deployment) -> None:
    at = at_work(held)
    at.ticked -= 3_600

    at.tick()

    assert at.silent <= leases.STEP
    assert work.reason_to_stop(at) is None


def test_who_listens_for_long_and_hears_nothing_stops(held: Deployment) -> None:
    at = at_work(held)
    for _ in range(121):
        at.ticked -= 5
        at.tick()

    verdict = work.reason_to_stop(at)

    assert verdict is not None
    assert verdict.note == "Ended because nothing was printed for 600 seconds."


def test_who_holds_it_writes(held: Deployment) -> None:
    Lease(held).write(phase="build", progress=10)

    assert (copy(held).phase, copy(held).progress) == ("build", 10)


def test_who_lost_it_writes_nothing_of_the_deployment(held: Deployment) -> None:
    lease = Lease(held)
    take_over(held)

    with pytest.raises(LeaseLost):
        lease.write(phase="build")

    assert copy(held).phase == ""
    with pytest.raises(LeaseLost):
        lease.check()


def test_who_lost_it_writes_nothing_of_a_phase(held: Deployment) -> None:
    at = at_work(held)
    run = PhaseRun.objects.create(deployment=held, host="web-1", phase="build", position=0)
    take_over(held)

    with pytest.raises(LeaseLost):
        work.keep(at, [run], status="success")

    assert PhaseRun.objects.get(pk=run.pk).status == "waiting"


def test_who_lost_it_writes_nothing_of_what_a_host_runs(held: Deployment) -> None:
    at = at_work(held)
    take_over(held)

    with pytest.raises(LeaseLost):
        work.note_version(at, "plain-here-1")

    assert not Placement.objects.exclude(current=None).exists()


def test_who_lost_it_ends_nothing(held: Deployment) -> None:
    take_over(held)

    assert not move(held, "failure")

    assert copy(held).status == "in_progress"


def test_a_deployment_that_was_ended_is_held_by_nobody(held: Deployment) -> None:
    lease = Lease(held)
    move(copy(held), "error")

    with pytest.raises(LeaseLost):
        lease.write(phase="build")


def test_a_write_that_fails_leaves_nothing_of_its_fence(held: Deployment) -> None:
    before = copy(held).lease_until

    with pytest.raises(ValueError, match="inside"), Lease(held).fence():
        raise ValueError("inside")

    assert copy(held).lease_until == before


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("short_lease")
def test_a_lease_is_renewed_while_its_worker_lives(held: Deployment) -> None:
    before = copy(held).lease_until
    assert before is not None

    with Lease(held):
        until(lambda: (copy(held).lease_until or before) > before)


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("short_lease")
def test_a_worker_that_hangs_loses_its_lease(
    held: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its threads live, and nothing moves."""
    monkeypatch.setattr(leases, "STANDSTILL", 0.1)
    monkeypatch.setattr(settings, "GIT_TIMEOUT", 0.05)

    with Lease(held):
        until(lambda: claim(copy(held), "another"))


def test_a_worker_that_hangs_ends_itself_where_another_is_started() -> None:
    hang = "from deployments.services import workers; workers.give_up(); print('on')"
    alone = elsewhere.process(hang)
    supervised = elsewhere.process(hang, SHIPMATE_SUPERVISED="1")
    elsewhere.go(alone, supervised)

    assert elsewhere.answers(alone) == ["on"]
    assert supervised.wait(60) == -signal.SIGKILL


@pytest.mark.django_db(transaction=True)
def test_one_that_moves_keeps_it(held: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "SHIPMATE_LEASE_SECONDS", 4)
    monkeypatch.setattr(leases, "STANDSTILL", 2)
    monkeypatch.setattr(settings, "GIT_TIMEOUT", 0.05)
    end = time.monotonic() + 7

    with Lease(held) as lease:
        while time.monotonic() < end:
            lease.check()
            time.sleep(0.05)
            assert not claim(copy(held), "another")


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("short_lease")
def test_a_lease_that_was_lost_is_noticed_without_a_write(held: Deployment) -> None:
    with Lease(held) as lease:
        take_over(held)

        assert lease.lost.wait(5)


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("short_lease")
def test_a_wish_to_stop_is_noticed(held: Deployment, at_the_door: Door) -> None:
    with Lease(held) as lease:
        lifecycle.cancel(copy(held), at_the_door)

        assert lease.stop_asked.wait(5)


def test_a_wish_to_stop_is_known_at_once_by_who_takes_over(
    held: Deployment, at_the_door: Door
) -> None:
    lifecycle.cancel(copy(held), at_the_door)

    assert Lease(copy(held)).stop_asked.is_set()


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("short_lease")
@pytest.mark.parametrize("away", [OperationalError, InterfaceError])
def test_a_database_that_is_away_does_not_end_the_thread(
    held: Deployment, away: type[Exception]
) -> None:
    def fail() -> None:
        raise away("the database is away")

    with Lease(held) as lease:
        lease._ask(fail)
        before = copy(held).lease_until
        assert before is not None

        until(lambda: (copy(held).lease_until or before) > before)


def _away(execute: Any, sql: str, *rest: Any) -> Any:
    """Let the database go away when the key is read."""
    if "sshkey" in sql:
        raise OperationalError("password=hunter2 refused")
    return execute(sql, *rest)


@pytest.mark.django_db(transaction=True)
def test_a_database_that_goes_away_leaves_the_deployment_to_the_next(
    queued: Deployment, caplog: pytest.LogCaptureFixture
) -> None:
    """Nothing is told, because nothing is known."""
    with connection.execute_wrapper(_away):
        tasks.run(queued.pk)

    kept = copy(queued)
    assert (kept.status, kept.note, kept.worker) == ("in_progress", "", workers.name())
    assert "the database is away: OperationalError" in caplog.text
    assert "hunter2" not in caplog.text
