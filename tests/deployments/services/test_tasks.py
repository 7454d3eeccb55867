"""Tasks run in the release that is there, on real hosts, and release nothing."""

from __future__ import annotations

import pytest

from deployments.exceptions import Refused
from deployments.models import Deployment
from deployments.selectors import releases
from deployments.services import lifecycle
from tests.deployments.services.world import World, log_of, states

pytestmark = pytest.mark.sshd

TASKS = {
    "migrations": {"commands": ["pwd", "echo migrated $REGION"], "once": True},
    "cache": {"commands": ["touch cleared"], "once": False},
    "fails": {"commands": ["exit 3"], "once": True},
}


@pytest.fixture
def world(world: World) -> World:
    world.settings(tasks=TASKS, parameters={"REGION": "eu|us"})
    return world


def ask(world: World, task: str = "migrations", ref: str = "", **more: object) -> Deployment:
    asked = lifecycle.request(world.environment, ref, world.door, task=task, **more)  # type: ignore[arg-type]
    return world.end(asked)


def test_a_task_runs_in_the_release_that_is_there(world: World) -> None:
    release = world.deploy()
    done = ask(world, parameters={"region": "eu"})

    assert (done.status, done.sha, done.parameters) == ("success", release.sha, {"REGION": "eu"})
    assert f"{world.folder()}/releases/{release.release_name}\n" in log_of(done)
    assert "migrated eu\n" in log_of(done)


def test_a_task_changes_nothing_of_what_runs(world: World) -> None:
    release = world.deploy()
    done = ask(world)

    assert done.environment.current == release
    assert world.placements() == [release.pk] * 3
    assert world.releases() == [release.release_name]


def test_a_task_runs_once_or_on_every_host(world: World) -> None:
    world.deploy()

    assert states(ask(world), "migrations") == ["success"]
    assert states(ask(world, "cache"), "cache") == ["success"] * 3
    assert (world.folder(2) / "current" / "cleared").exists()


def test_a_release_is_kept_though_tasks_came_after_it(world: World) -> None:
    first = world.release()
    world.release()
    done = ask(world)

    assert releases.is_kept(first, ["web-1", "web-2", "web-3"])
    assert releases.before_current(done.environment) == first


def test_a_task_that_fails_is_run_again_by_retry_as_it_was(world: World) -> None:
    world.deploy()
    failed = ask(world, "fails", parameters={"REGION": "us"})
    again = lifecycle.retry(failed, world.door)

    assert (failed.status, failed.reason) == ("failure", "command")
    assert (again.task, again.parameters, again.parent) == ("fails", {"REGION": "us"}, failed)


def test_a_retry_of_a_task_is_refused_where_another_release_runs_now(world: World) -> None:
    world.deploy()
    failed = ask(world, "fails")
    world.release()

    with pytest.raises(Refused, match=f"no longer {failed.sha[:7]}"):
        lifecycle.retry(failed, world.door)


def test_nothing_is_run_where_the_host_runs_something_else_than_it_is_thought_to(
    world: World,
) -> None:
    release = world.deploy()
    link = world.folder() / "current"
    link.unlink()
    link.symlink_to("shared")
    done = ask(world)

    assert done.status == "failure"
    assert "Another release runs here" in log_of(done)
    assert "migrated" not in log_of(done)
    assert done.environment.current == release


def test_there_must_be_a_release(world: World) -> None:
    with pytest.raises(Refused, match="Nothing runs in shop/live yet"):
        ask(world)


def test_hosts_must_agree(world: World) -> None:
    world.deploy()
    world.commit({"app.txt": "two\n"})
    world.deploy(hosts=["web-2"])

    with pytest.raises(Refused, match="do not all run the same release"):
        ask(world)
    assert ask(world, hosts=["web-2"]).status == "success"


def test_another_ref_than_what_runs_is_refused_with_the_line_that_brings_it(world: World) -> None:
    world.deploy()
    assert ask(world, ref="main").status == "success"
    world.commit({"app.txt": "two\n"})

    with pytest.raises(Refused, match="deploy shop/main to live"):
        ask(world, ref="main")


def test_every_fault_of_a_line_is_told_at_once(world: World) -> None:
    world.deploy()

    with pytest.raises(Refused) as refused:
        ask(world, "nothing", parameters={"REGION": "asia", "COLOR": "red"})
    said = "\n".join(refused.value.reasons)
    assert "no task “nothing”; it has: cache, fails, migrations" in said
    assert "REGION takes eu|us, not “asia”" in said
    assert "no parameter COLOR" in said


def test_a_deployment_gives_its_parameters_to_its_commands(world: World) -> None:
    world.settings(build=["echo built in $REGION"], parameters={"REGION": ".*"})
    asked = lifecycle.request(
        world.environment, "", world.door, parameters={"REGION": "$(id) 'x' \"y\""}
    )

    assert "built in $(id) 'x' \"y\"\n" in log_of(world.end(asked))
