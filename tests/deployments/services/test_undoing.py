"""A deployment that hosts refused asks itself to be undone, where that was wished for."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import OperationalError, connection

from deployments import tasks
from deployments.models import Change, Deployment, Role
from deployments.services import lifecycle, pausing
from tests.deployments import build
from tests.deployments.services.conftest import fall_silent
from tests.deployments.services.queueing import drain, lose
from tests.deployments.services.test_rolling import FAILS, break_hosts
from tests.deployments.services.world import World

pytestmark = [pytest.mark.sshd, pytest.mark.slow, pytest.mark.usefixtures("carrier")]


def refused(world: World, *numbers: int, **settings: object) -> Deployment:
    """Deploy something whose check these hosts do not pass; the last are the third's."""
    world.settings(**{"check": FAILS, "batch": "1", "roll_back": True, **settings})
    break_hosts(world, *(numbers or (1,)))
    world.commit({"version": "that fails"})
    return world.ask()


def end(world: World, deployment: Deployment) -> Deployment:
    """Let the hosts be well again once it has failed; then let all that was asked for be done."""
    lose()
    tasks.run(deployment.pk)
    for host in world.hosts:
        (host.home / "broken").unlink(missing_ok=True)
    drain()
    return world.now(deployment)


def undoing(deployment: Deployment) -> Deployment:
    return Deployment.objects.get(pk=Change.objects.get(verb="deployment.undone").new)


def test_the_hosts_that_switched_return(world: World) -> None:
    before = world.release()

    failed = end(world, refused(world))

    back = undoing(failed)
    assert (failed.status, failed.reason) == ("failure", "partly")
    assert (back.kind, back.parent, back.via, back.person) == (
        "rollback",
        before,
        "auto",
        world.alice,
    )
    assert (back.status, back.hosts) == ("success", ["web-1", "web-2"])
    assert world.placements() == [back.pk, back.pk, before.pk]
    assert [world.current(host) for host in range(3)] == [before.release_name] * 3
    assert world.now(back).environment.current == before


def test_it_is_not_undone_unless_wished_for(world: World) -> None:
    world.release()

    end(world, refused(world, roll_back=False))

    assert not Deployment.objects.filter(kind="rollback").exists()


def test_what_no_host_has_switched_to_is_not_undone(world: World) -> None:
    world.release()

    failed = end(world, refused(world, check=[], build=FAILS))

    assert failed.reason == "command"
    assert not Deployment.objects.filter(kind="rollback").exists()


def test_where_hosts_were_allowed_to_fail_nothing_is_undone(world: World) -> None:
    world.release()

    failed = end(world, refused(world, may_fail="1"))

    assert (failed.status, failed.reason) == ("failure", "partly")
    assert not Deployment.objects.filter(kind="rollback").exists()


def test_what_somebody_cancelled_is_not_undone(world: World) -> None:
    world.release()
    world.settings(first="pause", roll_back=True)
    paused = world.release()
    lifecycle.cancel(paused, world.door)

    assert world.end(paused).status == "cancelled"
    assert not Deployment.objects.filter(kind="rollback").exists()


def test_what_failed_behind_the_pause_is_undone_everywhere(world: World) -> None:
    before = world.release()
    failed = refused(world, 2, first="pause", batch="")
    world.end(failed)
    pausing.go_on(world.now(failed), world.alice, "web")

    failed = end(world, failed)

    assert undoing(failed).hosts == ["web-1", "web-2", "web-3"]
    assert [world.current(host) for host in range(3)] == [before.release_name] * 3


def test_a_check_that_does_not_end_in_time_is_undone(world: World) -> None:
    before = world.release()
    slow = ["[ ! -e $HOME/broken ] || sleep 60"]

    failed = end(world, refused(world, 0, check=slow, silence_seconds=1))

    assert failed.reason == "timed_out"
    assert world.current(0) == before.release_name


def test_it_comes_before_what_waits_there(world: World) -> None:
    before = world.release()
    failed = refused(world)
    behind = world.ask()

    end(world, failed)

    back = undoing(failed)
    assert before.finished_at is not None
    assert back.finished_at <= world.now(behind).started_at  # type: ignore[operator]
    assert world.placements() == [behind.pk] * 3


def test_where_nothing_ran_before_that_is_remembered(world: World) -> None:
    end(world, refused(world))

    said = Change.objects.get(verb="deployment.undone")
    assert (said.new, said.note) == (
        "",
        "web-1, web-2 could not be rolled back: nothing has run there before.",
    )


def test_who_may_not_deploy_there_any_more_does_not_by_this(world: World) -> None:
    world.release()
    failed = world.end(refused(world, 2, first="pause", batch=""))
    Role.objects.filter(person=world.alice).update(name="viewer")
    pausing.go_on(failed, build.person("dora"), "web")

    end(world, failed)

    said = Change.objects.get(verb="deployment.undone")
    assert "could not be rolled back: Alice may not deploy to shop/live" in said.note


def test_a_way_back_is_not_undone_itself(world: World) -> None:
    world.settings(check=FAILS, roll_back=True)
    world.release()
    failed = refused(world)
    lose()
    tasks.run(failed.pk)

    drain()  # the hosts are broken still

    assert undoing(failed).status == "failure"
    assert Deployment.objects.filter(kind="rollback").count() == 1


def _away_when_it_is_asked_for(execute: Any, sql: str, params: Any, *rest: Any) -> Any:
    if "deployment.undone" in map(str, params or ()):
        raise OperationalError("the database is away")
    return execute(sql, params, *rest)


def test_a_worker_that_dies_over_it_forgets_neither(world: World) -> None:
    world.release()
    failed = refused(world)
    lose()
    with connection.execute_wrapper(_away_when_it_is_asked_for):
        tasks.run(failed.pk)
    assert world.now(failed).status == "in_progress"
    assert not Deployment.objects.filter(kind="rollback").exists()
    fall_silent(failed)

    tasks.run(failed.pk)

    assert world.now(failed).status == "failure"
    assert Deployment.objects.filter(kind="rollback").count() == 1
