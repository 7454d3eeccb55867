"""Rollouts whose bells Redis loses, one after the other: the rows say what is to be done."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from deployments import sweeper, tasks
from deployments.models import Change, Deployment
from deployments.services import lifecycle, pausing, queue
from tests.deployments.services import elsewhere
from tests.deployments.services.queueing import bells, drain, lose
from tests.deployments.services.test_rolling import FAILS, break_hosts
from tests.deployments.services.test_takeover import kill_when
from tests.deployments.services.test_undoing import undoing
from tests.deployments.services.world import Meanwhile, World, states, until
from tests.servers.redis_server import RedisServer

pytestmark = [pytest.mark.sshd, pytest.mark.slow, pytest.mark.usefixtures("redis")]

RUN = "deployments.tasks.run"
COUNTED = ["echo x >>$HOME/restart; sleep 1"]
FIRST_ALONE = ["success", "waiting", "waiting"]


def restarted_empty(redis: RedisServer) -> None:
    redis.stop()
    redis.start()


EMPTIED: list[Callable[[RedisServer], None]] = [RedisServer.empty, restarted_empty]
emptied = pytest.mark.parametrize("empty", EMPTIED, ids=["emptied", "restarted"])


def heal(world: World, deployment: Deployment) -> Deployment:
    """Let the sweeper find what nobody rings for any more, and a worker do what it rings for."""
    assert rung_for() == []
    let_pass()
    sweeper.sweep()
    assert rung_for() == [deployment.pk]
    return world.end(deployment)


def let_pass() -> None:
    """Let all have rung so long ago that what was rung for must have been lost."""
    rung = Deployment.objects.filter(rung_at__isnull=False)
    rung.update(rung_at=timezone.now() - timedelta(seconds=6))


def rung_for() -> list[int]:
    """Return the deployments whose bells wait."""
    return [number for task, (number,) in bells() if task == RUN]


def ran_once(world: World) -> bool:
    return [(host.home / "restart").read_text() for host in world.hosts] == ["x\n"] * 3


def switched(deployment: Deployment, count: int) -> Callable[[], bool]:
    return lambda: states(deployment, "switch").count("success") == count


# ---- Batch by batch ----


@emptied
def test_a_rollout_whose_bell_is_lost_begins(
    world: World, redis: RedisServer, empty: Callable[[RedisServer], None]
) -> None:
    world.settings(restart=COUNTED, batch="1")
    deployment = world.ask()

    empty(redis)

    assert heal(world, deployment).status == "success"
    assert ran_once(world)


@emptied
def test_between_batches_nobody_needs_a_bell(
    world: World, redis: RedisServer, empty: Callable[[RedisServer], None]
) -> None:
    world.settings(restart=COUNTED, batch="1")
    deployment, behind = world.ask(), world.ask()
    meanwhile = Meanwhile(deployment)
    until(switched(deployment, 1), 60)

    empty(redis)

    assert meanwhile.end().status == "success"
    assert ran_once(world)
    let_pass()
    sweeper.sweep()
    behind = world.end(behind)
    assert (behind.status, behind.epoch) == ("success", 1)


def test_redis_that_is_away_as_it_ends_forgets_nobody_behind_it(
    world: World, redis: RedisServer
) -> None:
    world.settings(restart=COUNTED, batch="1")
    deployment, behind = world.ask(), world.ask()
    meanwhile = Meanwhile(deployment)
    until(switched(deployment, 1), 60)

    redis.stop()
    assert meanwhile.end().status == "success"
    redis.start()

    assert heal(world, behind).status == "success"


@emptied
def test_a_worker_that_dies_between_batches_together_with_all_bells(
    world: World, redis: RedisServer, empty: Callable[[RedisServer], None]
) -> None:
    world.settings(restart=COUNTED, batch="1")
    deployment = world.ask()
    kill_when(deployment, switched(deployment, 2))

    empty(redis)
    deployment = heal(world, deployment)

    assert (deployment.status, deployment.epoch) == ("success", 2)
    assert ran_once(world)


# ---- Behind the first host ----


def paused(world: World, seconds: int = 0) -> Deployment:
    """Deploy up to the pause, by a bell that was lost once."""
    world.settings(first="pause", pause_seconds=seconds, restart=COUNTED, batch="1")
    deployment = world.ask()
    lose()
    deployment = heal(world, deployment)
    assert deployment.is_paused
    return deployment


@emptied
def test_what_is_lost_in_the_pause_neither_ends_it_nor_is_missed(
    world: World, redis: RedisServer, empty: Callable[[RedisServer], None]
) -> None:
    deployment = paused(world)

    empty(redis)
    let_pass()
    sweeper.sweep()

    assert rung_for() == []
    assert states(deployment, "switch") == FIRST_ALONE
    pausing.go_on(deployment, world.alice, "web")
    assert world.end(deployment).status == "success"
    assert ran_once(world)


@emptied
def test_it_goes_on_as_told_though_that_bell_is_lost(
    world: World, redis: RedisServer, empty: Callable[[RedisServer], None]
) -> None:
    deployment = paused(world)
    pausing.go_on(deployment, world.alice, "web")

    empty(redis)

    assert heal(world, deployment).status == "success"
    assert ran_once(world)


def test_whoever_lets_it_go_on_while_redis_is_away_is_answered(
    world: World, redis: RedisServer
) -> None:
    deployment = paused(world)
    redis.stop()

    pausing.go_on(deployment, world.alice, "web")

    redis.start()
    assert heal(world, deployment).status == "success"
    assert ran_once(world)


def test_it_goes_on_by_itself_though_that_bell_is_lost(world: World, redis: RedisServer) -> None:
    deployment = paused(world, seconds=600)
    Deployment.objects.filter(pk=deployment.pk).update(paused_until=timezone.now())
    let_pass()
    sweeper.ring_paused()
    assert rung_for() == [deployment.pk]

    redis.empty()

    assert heal(world, deployment).status == "success"
    assert Change.objects.filter(verb="deployment.went_on").count() == 1
    assert ran_once(world)


def test_a_cancel_in_the_pause_is_carried_out_though_its_bell_is_lost(
    world: World, redis: RedisServer
) -> None:
    deployment = paused(world)
    lifecycle.cancel(deployment, world.door)

    redis.empty()

    assert heal(world, deployment).status == "cancelled"
    assert states(deployment, "switch") == FIRST_ALONE


# ---- Again, and back ----


@emptied
def test_a_retry_of_failed_hosts_whose_bell_is_lost_begins(
    world: World, redis: RedisServer, empty: Callable[[RedisServer], None]
) -> None:
    world.settings(restart=FAILS, batch="1", may_fail="1")
    break_hosts(world, 1)
    failed = world.deploy()
    (world.hosts[1].home / "broken").unlink()
    again = lifecycle.retry(failed, world.door, failed_hosts=True)

    empty(redis)
    again = heal(world, again)

    assert (failed.reason, again.status, again.hosts) == ("partly", "success", ["web-2"])
    assert world.placements() == [failed.pk, again.pk, failed.pk]


def test_a_way_back_that_nobody_asked_for_begins_though_its_bell_is_lost(
    world: World, redis: RedisServer
) -> None:
    before = world.release()
    world.settings(check=FAILS, batch="1", roll_back=True)
    break_hosts(world, 1)
    failed = world.ask()
    lose()
    tasks.run(failed.pk)
    (world.hosts[1].home / "broken").unlink()

    redis.empty()
    back = heal(world, undoing(failed))

    assert (back.status, back.hosts) == ("success", ["web-1", "web-2"])
    assert [world.current(host) for host in range(3)] == [before.release_name] * 3


def test_every_bell_of_a_rollout_is_lost_and_it_ends_well(world: World) -> None:
    """The first, the one that ends the pause, and that of whoever takes over from a dead worker."""
    deployment = paused(world)
    pausing.go_on(deployment, world.alice, "web")
    kill_when(deployment, switched(deployment, 2))
    lose()

    deployment = heal(world, deployment)

    assert deployment.status == "success"
    assert ran_once(world)


# ---- Bells that ring twice ----


def test_a_bell_that_is_delivered_twice_runs_once(world: World) -> None:
    world.settings(restart=COUNTED, batch="1")
    deployment = world.ask()
    queue.ring(deployment)

    assert drain() == 2

    assert (world.now(deployment).status, world.now(deployment).epoch) == ("success", 1)
    assert ran_once(world)


def test_so_it_does_when_two_workers_hear_it_at_once(world: World) -> None:
    world.settings(restart=COUNTED, batch="1")
    deployment = world.ask()
    lose()
    code = f"from deployments import tasks; tasks.run({deployment.pk}); print('heard')"

    assert elsewhere.race(code) == ["heard", "heard"]

    assert (world.now(deployment).status, world.now(deployment).epoch) == ("success", 1)
    assert ran_once(world)


def test_a_second_bell_for_the_end_of_a_pause_changes_nothing(world: World) -> None:
    deployment = paused(world)
    for _ in range(2):
        pausing.go_on(deployment, world.alice, "web")
        queue.ring(deployment)

    ended = world.end(deployment)

    assert (ended.status, ended.epoch) == ("success", 2)
    assert ran_once(world)
