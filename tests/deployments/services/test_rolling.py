"""Batch by batch: who comes when, and what becomes of the rest when a host fails."""

from __future__ import annotations

import pytest

from deployments.models import Deployment, PhaseRun
from tests.deployments.services.test_takeover import go_on, kill_when, killed_in
from tests.deployments.services.world import World, log_of, states

pytestmark = pytest.mark.sshd

FAILS = ["[ ! -e $HOME/broken ] || exit 3"]
ALL = ["success"] * 3


def break_hosts(world: World, *numbers: int) -> None:
    for number in numbers:
        (world.hosts[number].home / "broken").touch()


def is_after(deployment: Deployment, batch: int) -> bool:
    """Return whether all of a batch began when all of the one before was over."""
    runs = PhaseRun.objects.filter(deployment=deployment, phase__in=["switch", "restart"])
    ended = runs.filter(batch=batch - 1).values_list("finished_at", flat=True)
    began = runs.filter(batch=batch).values_list("started_at", flat=True)
    return max(filter(None, ended)) <= min(filter(None, began))


@pytest.mark.usefixtures("carrier")
def test_a_batch_is_done_before_the_next_begins(world: World) -> None:
    world.settings(restart=["true"], batch="1")

    deployment = world.deploy()

    assert deployment.status == "success"
    assert all(is_after(deployment, batch) for batch in (1, 2))
    assert world.placements() == [deployment.pk] * 3


@pytest.mark.slow
def test_what_comes_before_the_switch_is_done_on_all_at_once(world: World) -> None:
    world.settings(build=["true"], once=["true"], batch="1")

    deployment = world.deploy()

    runs = PhaseRun.objects.filter(deployment=deployment)
    assert set(runs.exclude(phase="switch").values_list("batch", flat=True)) == {0}
    assert list(runs.filter(phase="switch").values_list("batch", flat=True)) == [0, 1, 2]
    assert deployment.environment.current == deployment


@pytest.mark.usefixtures("carrier")
def test_a_host_that_fails_stops_those_behind_it(world: World) -> None:
    first = world.deploy()
    world.settings(restart=FAILS, batch="1")
    break_hosts(world, 1)

    second = world.deploy()

    assert (second.status, second.reason) == ("failure", "partly")
    assert states(second, "switch") == ["success", "success", "waiting"]
    assert states(second, "restart") == ["success", "failure", "waiting"]
    assert world.placements() == [second.pk, second.pk, first.pk]
    assert "restart ended with 3 on web-2. 2 of 3 hosts run the new version." in second.note


def test_so_many_may_fail_and_the_others_go_on(world: World) -> None:
    world.settings(build=FAILS, check=["true"], batch="1", may_fail="34%")
    break_hosts(world, 0)

    deployment = world.deploy()

    assert (deployment.status, deployment.reason) == ("failure", "partly")
    assert states(deployment, "build") == ["failure", "success", "success"]
    for phase in ("switch", "check", "clean"):
        assert states(deployment, phase) == ["waiting", "success", "success"]
    assert world.placements() == [None, deployment.pk, deployment.pk]
    assert deployment.note.endswith("2 of 3 hosts are done; the others were allowed to fail.")


@pytest.mark.slow
def test_one_more_than_may_fail_stops_the_rest(world: World) -> None:
    world.settings(restart=FAILS, batch="1", may_fail="1")
    break_hosts(world, 0, 1)

    deployment = world.deploy()

    assert states(deployment, "restart") == ["failure", "failure", "waiting"]
    assert (deployment.status, deployment.reason) == ("failure", "partly")
    assert "restart ended with 3 on web-1. restart ended with 3 on web-2." in deployment.note


@pytest.mark.slow
def test_all_may_not_fail(world: World) -> None:
    world.settings(build=FAILS, may_fail="100%")
    break_hosts(world, 0, 1, 2)

    deployment = world.deploy()

    assert (deployment.status, deployment.reason) == ("failure", "command")
    assert states(deployment, "switch") == ["waiting"] * 3


@pytest.mark.slow
def test_what_is_done_once_for_all_must_not_fail(world: World) -> None:
    world.settings(once=FAILS, may_fail="2")
    break_hosts(world, 0)

    deployment = world.deploy()

    assert (deployment.status, deployment.reason) == ("failure", "command")
    assert states(deployment, "switch") == ["waiting"] * 3


@pytest.mark.slow
def test_what_is_done_once_for_all_is_not_left_out(world: World) -> None:
    world.settings(build=FAILS, once=["true"], may_fail="2")
    break_hosts(world, 0)

    deployment = world.deploy()

    assert states(deployment, "once") == ["waiting"]
    assert states(deployment, "switch") == ["waiting"] * 3


def test_the_first_host_lets_the_others_follow_by_its_checks(world: World) -> None:
    world.settings(check=FAILS, first="health", may_fail="2")

    good = world.deploy()
    break_hosts(world, 0)
    bad = world.deploy()

    assert (good.status, states(good, "check")) == ("success", ALL)
    assert (bad.status, bad.reason) == ("failure", "partly")
    assert states(bad, "check") == ["failure", "waiting", "waiting"]
    assert world.placements() == [bad.pk, good.pk, good.pk]


@pytest.mark.slow
def test_a_first_host_that_comes_not_so_far_lets_nobody_follow(world: World) -> None:
    world.settings(build=FAILS, check=["true"], first="health", may_fail="2")
    break_hosts(world, 0)

    deployment = world.deploy()

    assert (deployment.status, deployment.reason) == ("failure", "command")
    assert states(deployment, "switch") == ["waiting"] * 3


@pytest.mark.usefixtures("carrier")
@pytest.mark.slow
def test_a_way_back_goes_to_all_at_once(world: World) -> None:
    first = world.deploy()
    world.commit({"app.txt": "two\n"})
    world.settings(batch="1")
    world.deploy()

    back = world.roll_back(first)

    assert back.status == "success"
    assert set(back.phase_runs.values_list("batch", flat=True)) == {0}


# ---- Workers that die ----


@pytest.mark.slow
@pytest.mark.usefixtures("short_lease", "carrier")
@pytest.mark.parametrize("phase", ["switch", "restart"])
def test_another_worker_goes_on_within_the_batch(world: World, phase: str) -> None:
    world.settings(restart=["echo x >>$HOME/restart; sleep 1"], batch="1")
    deployment = world.ask()

    killed_in(world, deployment, phase)
    deployment = go_on(world, deployment)

    assert (deployment.status, deployment.epoch) == ("success", 2)
    assert all(is_after(deployment, batch) for batch in (1, 2))
    assert [(host.home / "restart").read_text() for host in world.hosts] == ["x\n"] * 3


@pytest.mark.slow
@pytest.mark.usefixtures("short_lease", "carrier")
def test_whoever_takes_over_keeps_out_those_that_failed(world: World) -> None:
    slow = "[ ! -e $HOME/broken ] || exit 3; echo x >>$HOME/restart; sleep 1"
    world.settings(restart=[slow], check=["true"], batch="1", may_fail="1")
    break_hosts(world, 0)
    deployment = world.ask()

    kill_when(deployment, lambda: "success" in states(deployment, "switch")[1:])
    deployment = go_on(world, deployment)

    assert (deployment.status, deployment.reason) == ("failure", "partly")
    assert states(deployment, "check") == ["waiting", "success", "success"]
    assert log_of(deployment, "web-1").count("exit 3") == 1
    assert [(world.hosts[n].home / "restart").read_text() for n in (1, 2)] == ["x\n"] * 2
