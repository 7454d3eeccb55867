"""The pause behind the first host: nobody holds the deployment, and it goes on in any case."""

from __future__ import annotations

import signal
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection
from pytest_django import Settings

from deployments import sweeper, tasks
from deployments.exceptions import Invalid, Refused
from deployments.models import Change, Deployment, Person
from deployments.services import lifecycle, locks, moves, pausing, truth
from deployments.services.lifecycle import Door
from deployments.web.looks import look_of
from tests.deployments import build
from tests.deployments.services import elsewhere
from tests.deployments.services.conftest import fall_silent
from tests.deployments.services.queueing import bells, lose
from tests.deployments.services.test_takeover import go_on as take_over
from tests.deployments.services.world import World, states, until

pytestmark = [pytest.mark.sshd, pytest.mark.usefixtures("carrier")]

FIRST_ALONE = ["success", "waiting", "waiting"]
ALL = ["success"] * 3


def paused(world: World, **settings: Any) -> Deployment:
    """Deploy up to the pause."""
    world.settings(**{"first": "pause", "restart": ["echo x >>$HOME/restart"], **settings})
    deployment = world.deploy()
    assert deployment.is_paused
    return deployment


def go_on(world: World, deployment: Deployment) -> Deployment:
    pausing.go_on(deployment, world.alice, "web")
    return world.end(deployment)


def let_pass(deployment: Deployment, **span: float) -> None:
    """Let it have paused so long already."""
    row = Deployment.objects.filter(pk=deployment.pk)
    for name in ("started_at", "paused_at", "paused_until", "rung_at"):
        moment = row.values_list(name, flat=True).get()
        row.update(**{name: moment and moment - timedelta(**span)})


def sweep(world: World, deployment: Deployment) -> Deployment:
    """Let the sweeper look, and a worker do what it rings for."""
    sweeper.sweep()
    return world.end(deployment)


# ---- How it goes ----


def test_the_task_ends_behind_the_first_host(world: World) -> None:
    deployment = paused(world)

    assert (deployment.status, deployment.worker, deployment.lease_until) == (
        "in_progress",
        "",
        None,
    )
    assert states(deployment, "switch") == states(deployment, "restart") == FIRST_ALONE
    assert world.placements() == [deployment.pk, None, None]
    assert look_of(deployment).data_state == "paused"


def test_somebody_lets_it_go_on_and_each_command_ran_once(world: World) -> None:
    deployment = go_on(world, paused(world))

    assert deployment.status == "success"
    assert states(deployment, "switch") == ALL
    assert [(host.home / "restart").read_text() for host in world.hosts] == ["x\n"] * 3
    assert deployment.went_on_by == world.alice


@pytest.mark.slow
def test_it_is_remembered_and_nobody_is_told_of_a_worker_that_fell_silent(world: World) -> None:
    deployment = go_on(world, paused(world))

    said = deployment.changes.order_by("pk").values_list("verb", "new", "subject")
    assert list(said)[3:] == [
        ("deployment.paused", "", "web-1"),
        ("deployment.went_on", "", ""),
        ("deployment.status", "success", ""),
    ]


def test_it_goes_on_by_itself_when_its_time_is_over(world: World) -> None:
    deployment = paused(world, pause_seconds=600)
    sweeper.ring_paused()
    assert bells() == []

    let_pass(deployment, seconds=601)
    deployment = sweep(world, deployment)

    assert (deployment.status, deployment.went_on_by) == ("success", None)


@pytest.mark.slow
def test_without_a_time_it_waits_for_somebody(world: World) -> None:
    deployment = paused(world)

    let_pass(deployment, hours=20)
    deployment = sweep(world, deployment)

    assert deployment.is_paused


@pytest.mark.slow
def test_a_bell_that_rings_in_the_pause_changes_nothing(world: World) -> None:
    deployment = paused(world, pause_seconds=600)

    tasks.run(deployment.pk)

    again = world.now(deployment)
    assert (again.is_paused, again.epoch) == (True, deployment.epoch)


@pytest.mark.slow
def test_all_of_its_hosts_in_one_batch_need_no_pause(world: World) -> None:
    world.settings(first="pause")

    assert world.deploy(hosts=["web-2"]).status == "success"


@pytest.mark.slow
def test_a_first_host_that_failed_is_not_waited_behind(world: World) -> None:
    world.settings(first="pause", restart=["exit 3"], may_fail="2")

    deployment = world.deploy()

    assert (deployment.status, deployment.reason) == ("failure", "partly")
    assert deployment.paused_at is None


# ---- What is beside it ----


@pytest.mark.slow
def test_the_next_one_waits_for_it(world: World) -> None:
    first = paused(world)
    world.settings(first="")

    second = world.deploy()
    assert second.status == "queued"
    go_on(world, first)

    assert world.now(second).status == "success"


@pytest.mark.slow
def test_hosts_are_not_asked_what_they_run_meanwhile(world: World) -> None:
    deployment = paused(world)
    (world.folder() / "current" / "REVISION").write_text("b" * 40)

    truth.hear(world.environment)

    assert world.environment.placements.get(host__name="web-1").says == deployment.sha


@pytest.mark.slow
def test_the_time_of_the_pause_does_not_count(world: World) -> None:
    deployment = paused(world, total_seconds=60)
    let_pass(deployment, hours=2)

    deployment = go_on(world, deployment)

    assert deployment.status == "success"
    assert deployment.seconds is not None
    assert deployment.seconds < 60


@pytest.mark.slow
def test_what_went_on_late_is_not_ended_as_too_old(world: World, settings: Settings) -> None:
    deployment = paused(world)
    let_pass(deployment, seconds=settings.SHIPMATE_LONGEST_DEPLOYMENT + 4_000)
    pausing.go_on(deployment, world.alice, "web")
    lose()
    assert moves.claim(world.now(deployment), "a worker that dies")
    fall_silent(deployment)

    sweeper.end_overdue()
    assert world.now(deployment).status == "in_progress"

    assert take_over(world, deployment).status == "success"


# ---- Cancelled in it ----


def test_it_is_cancelled_in_the_pause(world: World) -> None:
    first = world.deploy()
    deployment = paused(world)

    lifecycle.cancel(deployment, world.door)
    deployment = world.end(deployment)

    assert (deployment.status, deployment.note) == (
        "cancelled",
        "1 of 3 hosts run the new version.",
    )
    assert world.placements() == [deployment.pk, first.pk, first.pk]
    assert not list((world.hosts[2].home / ".shipmate" / "uploads").iterdir())


@pytest.mark.slow
def test_a_cancel_whose_bell_is_lost_is_heard_by_the_sweeper(world: World) -> None:
    deployment = paused(world)
    lifecycle.cancel(deployment, world.door)
    lose()
    let_pass(deployment, seconds=6)

    assert sweep(world, deployment).status == "cancelled"


@pytest.mark.slow
def test_what_is_cancelled_does_not_go_on(world: World) -> None:
    deployment = paused(world)
    lifecycle.cancel(deployment, world.door)

    with pytest.raises(Invalid, match="is being cancelled"):
        pausing.go_on(deployment, world.alice, "web")


@pytest.mark.slow
def test_what_went_on_is_cancelled_before_it_is_taken(world: World) -> None:
    deployment = paused(world)
    pausing.go_on(deployment, world.alice, "web")
    lifecycle.cancel(deployment, world.door)

    deployment = world.end(deployment)

    assert deployment.status == "cancelled"
    assert states(deployment, "switch") == FIRST_ALONE


# ---- Locks ----


def lock(world: World, name: str = "dora") -> Person:
    person = build.person(name)
    locks.take(world.environment, Door(person, "web"), reason="looking")
    return person


@pytest.mark.slow
def test_it_waits_on_while_somebody_else_has_locked_the_place(world: World) -> None:
    deployment = paused(world, pause_seconds=60)
    dora = lock(world)
    let_pass(deployment, seconds=61)

    assert sweep(world, deployment).is_paused
    locks.release(world.environment, Door(dora, "web"))

    assert sweep(world, deployment).status == "success"


@pytest.mark.slow
def test_whoever_is_locked_out_cannot_let_it_go_on(world: World) -> None:
    deployment = paused(world)
    dora = lock(world)

    with pytest.raises(Refused, match="Dora locked shop/live"):
        pausing.go_on(deployment, world.alice, "web")
    pausing.go_on(deployment, dora, "web")

    assert world.end(deployment).status == "success"


# ---- Its end in any case ----


@pytest.mark.slow
def test_what_nobody_lets_go_on_is_given_up(world: World, settings: Settings) -> None:
    first = world.deploy()
    deployment = paused(world)
    let_pass(deployment, seconds=settings.SHIPMATE_PAUSE_DEADLINE + 1)

    deployment = sweep(world, deployment)

    assert (deployment.status, deployment.reason) == ("failure", "partly")
    assert deployment.note == (
        "It was paused after web-1, and nobody let it go on in time. "
        "1 of 3 hosts run the new version."
    )
    assert world.placements() == [deployment.pk, first.pk, first.pk]


@pytest.mark.slow
def test_a_lock_does_not_hold_it_for_ever(world: World, settings: Settings) -> None:
    deployment = paused(world, pause_seconds=60)
    lock(world)
    let_pass(deployment, seconds=settings.SHIPMATE_PAUSE_DEADLINE + 61)

    assert sweep(world, deployment).reason == "partly"


@pytest.mark.slow
def test_what_no_worker_gives_up_the_sweeper_ends(world: World, settings: Settings) -> None:
    deployment = paused(world)
    let_pass(deployment, seconds=settings.SHIPMATE_PAUSE_DEADLINE + 3_601)

    sweeper.end_lost()

    assert (world.now(deployment).status, world.now(deployment).reason) == ("error", "lost")


# ---- Workers that die ----


@pytest.mark.slow
@pytest.mark.parametrize("how", ["told", "by itself"])
def test_a_pause_goes_on_though_its_bell_is_lost(world: World, how: str) -> None:
    deployment = paused(world, pause_seconds=60 if how == "by itself" else 0)
    if how == "told":
        pausing.go_on(deployment, world.alice, "web")
        lose()
    let_pass(deployment, seconds=61)

    assert sweep(world, deployment).status == "success"


def _away_when_it_pauses(execute: Any, sql: str, params: Any, *rest: Any) -> Any:
    if "deployment.paused" in map(str, params or ()):
        raise OperationalError("the database is away")
    return execute(sql, params, *rest)


@pytest.mark.slow
def test_a_worker_that_dies_before_the_pause_is_written_leaves_it_to_the_next(world: World) -> None:
    world.settings(first="pause", restart=["echo x >>$HOME/restart"])
    deployment = world.ask()
    lose()
    with connection.execute_wrapper(_away_when_it_pauses):
        tasks.run(deployment.pk)
    deployment = world.now(deployment)
    assert (deployment.paused_at, deployment.is_paused) == (None, False)
    assert deployment.lease_until is not None
    fall_silent(deployment)

    deployment = take_over(world, deployment)

    assert deployment.is_paused
    assert go_on(world, deployment).status == "success"
    assert (world.hosts[0].home / "restart").read_text() == "x\n"


@pytest.mark.slow
@pytest.mark.usefixtures("short_lease")
def test_a_worker_that_dies_behind_the_pause_does_not_bring_it_back(world: World) -> None:
    deployment = paused(world, restart=["echo x >>$HOME/restart; sleep 1"])
    pausing.go_on(deployment, world.alice, "web")
    lose()
    worker = elsewhere.worker(deployment.pk)
    until(lambda: "success" in states(deployment, "switch")[1:])
    worker.send_signal(signal.SIGKILL)
    worker.wait()
    fall_silent(deployment)

    deployment = take_over(world, deployment)

    assert deployment.status == "success"
    assert [(host.home / "restart").read_text() for host in world.hosts] == ["x\n"] * 3
    assert Change.objects.filter(verb="deployment.paused").count() == 1


@pytest.mark.slow
def test_a_worker_of_before_writes_nothing_into_the_pause(world: World) -> None:
    world.settings(first="pause")
    deployment = world.ask()
    lose()
    moves.claim(deployment, "asleep")
    fall_silent(deployment)
    taken = take_over(world, deployment)

    pausing.begin(deployment)

    assert world.now(deployment).paused_at == taken.paused_at
    assert Change.objects.filter(verb="deployment.paused").count() == 1
