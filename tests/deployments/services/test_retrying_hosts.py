"""Again, on the hosts where it did not go well."""

from __future__ import annotations

import pytest

from deployments.exceptions import Invalid, NotAllowed, Refused
from deployments.models import Deployment, Environment, Person
from deployments.selectors import phases, releases
from deployments.services import lifecycle
from deployments.services.lifecycle import Door
from tests.deployments import build
from tests.deployments.services.test_rolling import FAILS, break_hosts
from tests.deployments.services.world import World

SHA = "a" * 40


def retry(world: World, deployment: Deployment) -> Deployment:
    return world.end(lifecycle.retry(deployment, world.door, failed_hosts=True))


def partly(world: World) -> Deployment:
    """Deploy to three hosts of which the second does not do it."""
    world.settings(restart=FAILS, batch="1", may_fail="1")
    break_hosts(world, 1)
    deployment = world.release()
    assert (deployment.status, deployment.reason) == ("failure", "partly")
    (world.hosts[1].home / "broken").unlink()
    return deployment


@pytest.mark.usefixtures("carrier")
@pytest.mark.sshd
def test_only_the_hosts_that_failed_are_deployed_to_again(world: World) -> None:
    first = partly(world)

    again = retry(world, first)

    assert (again.status, again.hosts, again.kind) == ("success", ["web-2"], "retry")
    assert (again.parent_id, again.sha) == (first.pk, first.sha)
    assert world.placements() == [first.pk, again.pk, first.pk]


@pytest.mark.usefixtures("carrier")
@pytest.mark.sshd
def test_with_the_last_host_the_environment_runs_it_as_a_whole(world: World) -> None:
    world.release()
    again = retry(world, partly(world))
    assert world.now(again).environment.current == again
    assert world.now(again).completed

    newest = world.release()

    assert releases.before_current(newest.environment) == again


@pytest.mark.usefixtures("carrier")
@pytest.mark.sshd
@pytest.mark.slow
def test_what_was_completed_can_be_returned_to(world: World) -> None:
    again = retry(world, partly(world))
    world.release()

    back = world.roll_back()

    assert (back.status, back.parent_id, back.sha) == ("success", again.pk, again.sha)
    assert world.placements() == [back.pk] * 3


@pytest.mark.sshd
@pytest.mark.slow
def test_while_others_lack_it_what_was_current_stays(world: World) -> None:
    before = world.release()
    world.settings(restart=FAILS, batch="1", may_fail="2")
    break_hosts(world, 1, 2)
    world.commit({"app.txt": "two\n"})
    first = world.deploy()
    world.settings(build=FAILS)
    (world.hosts[1].home / "broken").unlink()

    again = retry(world, first)

    assert (again.hosts, again.status) == (["web-2", "web-3"], "failure")
    assert world.now(again).environment.current == before


# ---- By the rows alone ----


@pytest.fixture
def done_in_part(here: Environment, alice: Person) -> Deployment:
    """One that was done on the first of two hosts."""
    names = ["plain-here-1", "plain-here-2"]
    made = build.deployment(
        here, alice, SHA, status="failure", reason="partly",
        settings={"hosts": [{"name": name} for name in names]},
    )  # fmt: skip
    build.phase(made, "switch", 0, "success", "failure")
    build.phase(made, "clean", 1, "waiting", "waiting")
    made.phase_runs.filter(phase="clean").update(optional=True)
    return made


def test_what_does_not_matter_is_no_failure(done_in_part: Deployment) -> None:
    assert phases.failed_hosts(done_in_part) == ["plain-here-2"]


def test_the_same_key_returns_the_first(done_in_part: Deployment, alice: Person) -> None:
    door = Door(alice, "api", key="once")
    done_in_part.environment.application.settings = {}

    made = [lifecycle.retry(done_in_part, door, failed_hosts=True) for _ in range(2)]

    assert made[0] == made[1]


def test_where_all_have_failed_it_is_retried_as_a_whole(
    done_in_part: Deployment, at_the_door: Door
) -> None:
    done_in_part.phase_runs.update(status="failure")

    assert lifecycle.retry(done_in_part, at_the_door, failed_hosts=True).hosts == []


def test_a_way_back_that_was_done_in_part_goes_on_for_the_rest(
    done_in_part: Deployment, at_the_door: Door
) -> None:
    before = build.deployment(done_in_part.environment, at_the_door.person, SHA)
    Deployment.objects.filter(pk=done_in_part.pk).update(kind="rollback", parent=before)
    done_in_part.refresh_from_db()

    made = lifecycle.retry(done_in_part, at_the_door, failed_hosts=True)

    assert (made.kind, made.parent, made.hosts) == ("rollback", before, ["plain-here-2"])


def test_what_no_host_heard_of_is_retried_as_a_whole(here: Environment, at_the_door: Door) -> None:
    failed = build.deployment(here, at_the_door.person, SHA, status="error", reason="forge")

    with pytest.raises(Invalid, match=f"retry #{failed.pk}"):
        lifecycle.retry(failed, at_the_door, failed_hosts=True)


def test_what_succeeded_is_not_retried(here: Environment, at_the_door: Door) -> None:
    done = build.deployment(here, at_the_door.person, SHA)

    with pytest.raises(Invalid, match="only what failed, erred or was cancelled"):
        lifecycle.retry(done, at_the_door, failed_hosts=True)


def test_a_host_that_has_left_is_named(done_in_part: Deployment, at_the_door: Door) -> None:
    done_in_part.environment.placements.filter(host__name="plain-here-2").delete()

    with pytest.raises(Refused, match="no host or role called “plain-here-2”"):
        lifecycle.retry(done_in_part, at_the_door, failed_hosts=True)


def test_it_takes_who_may_deploy(done_in_part: Deployment, bob: Person) -> None:
    with pytest.raises((NotAllowed, Refused), match="may not deploy to plain/here"):
        lifecycle.retry(done_in_part, Door(bob, "web"), failed_hosts=True)
