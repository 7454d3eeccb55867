"""Back to what ran before: one phase where the release is kept, the whole way where it is not."""

from __future__ import annotations

import pytest

from tests.deployments.services.world import World, log_of, states

pytestmark = pytest.mark.sshd


def phases_of(deployment: object) -> list[str]:
    runs = deployment.phase_runs.order_by("position")  # type: ignore[attr-defined]
    return list(dict.fromkeys(runs.values_list("phase", flat=True)))


@pytest.mark.usefixtures("carrier")
def test_a_kept_release_comes_back_in_one_phase_and_no_code_moves(world: World) -> None:
    first, second = world.release(), world.release()

    back = world.roll_back()

    assert (back.status, back.parent, back.sha) == ("success", first, first.sha)
    assert phases_of(back) == ["switch back"]
    assert not any(back.phase_runs.values_list("sent", flat=True))
    assert [world.current(host) for host in range(3)] == [first.release_name] * 3
    assert (back.environment.current, back.previous) == (back, second)


@pytest.mark.slow
def test_what_failed_behind_the_switch_is_what_ran_before_the_way_back(world: World) -> None:
    first = world.release()
    world.settings(restart=["exit 3"])
    failed = world.release()
    assert (failed.status, failed.previous) == ("failure", first)

    back = world.roll_back()

    assert (back.status, back.parent, back.previous) == ("success", first, failed)


@pytest.mark.slow
def test_the_way_back_restarts_with_the_commands_of_then(world: World) -> None:
    world.settings(restart=["echo as it was"])
    world.release()
    world.settings(restart=["echo as it is"])
    world.release()

    back = world.roll_back()

    assert "as it was\n" in log_of(back)
    assert "as it is\n" not in log_of(back)


@pytest.mark.slow
def test_back_again_goes_further_back(world: World) -> None:
    first = world.release()
    world.release()
    third = world.release()

    once, twice = world.roll_back(), world.roll_back()

    assert (once.status, twice.status) == ("success", "success")
    assert twice.parent == first
    assert world.current() == first.release_name
    assert third.release_name in world.releases()


@pytest.mark.usefixtures("carrier")
@pytest.mark.slow
def test_a_release_that_is_no_longer_kept_is_sent_again(world: World) -> None:
    first = world.deploy()
    world.settings(keep=1)
    world.deploy()
    world.deploy()
    assert first.release_name not in world.releases()

    back = world.roll_back(first)

    assert back.status == "success"
    assert phases_of(back) == ["transfer", "switch", "clean"]
    assert world.current() == first.release_name


@pytest.mark.slow
def test_keeping_more_does_not_bring_back_what_was_removed(world: World) -> None:
    first = world.deploy()
    world.settings(keep=1)
    world.deploy()
    world.deploy()
    world.settings(keep=5)
    world.deploy()

    assert world.roll_back(first).status == "success"


@pytest.mark.slow
def test_a_host_that_came_later_gets_the_code_of_then(world: World) -> None:
    placement = world.environment.placements.get(host__name="web-3")
    host = placement.host
    placement.delete()
    world.release()
    world.environment.placements.create(host=host, roles=[])
    world.release()

    back = world.roll_back()

    assert back.status == "success"
    assert world.current(2) == world.current(0)


@pytest.mark.slow
def test_so_many_releases_are_kept_as_the_settings_say(world: World) -> None:
    world.settings(keep=2)

    numbers = [world.deploy().release_name for _ in range(4)]

    assert world.releases() == sorted(numbers[-2:])


@pytest.mark.slow
def test_what_ran_before_stays_however_few_are_kept(world: World) -> None:
    world.settings(keep=1)

    numbers = [world.deploy().release_name for _ in range(3)]

    assert world.releases() == sorted(numbers[-2:])


@pytest.mark.slow
def test_what_failed_is_cleaned_away_by_the_next(world: World) -> None:
    world.settings(build=["exit 1"])
    failed = world.deploy()
    world.settings(build=[])

    world.deploy()

    assert failed.release_name not in world.releases()


@pytest.mark.slow
def test_shared_paths_outlive_releases(world: World) -> None:
    world.settings(shared=["log/"], build=["echo $SHIPMATE_DEPLOYMENT >>log/all"])

    pair = [world.deploy(), world.deploy()]

    kept = (world.folder() / "shared" / "log" / "all").read_text().split()
    assert kept == [str(one.pk) for one in pair]
    assert (world.folder() / "current" / "log").is_symlink()


@pytest.mark.slow
def test_a_shared_file_that_nobody_put_there_is_asked_for(world: World) -> None:
    world.settings(shared=["config.yml"])

    deployment = world.deploy()

    assert (deployment.status, deployment.reason) == ("failure", "command")
    assert "shared/config.yml is missing on this host." in log_of(deployment)
    assert states(deployment, "transfer") == ["failure"] * 3


@pytest.mark.slow
def test_a_way_back_whose_restart_fails_has_switched_and_says_that_it_failed(world: World) -> None:
    world.settings(restart=["[ ! -e $HOME/broken ]"])
    world.release()
    second = world.release()
    (world.hosts[0].home / "broken").touch()

    back = world.roll_back()

    assert (back.status, back.reason) == ("failure", "command")
    assert world.placements() == [back.pk] * 3
    assert back.environment.current == second
