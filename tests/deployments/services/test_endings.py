"""How a deployment ends when something is wrong: what is told is what is so."""

from __future__ import annotations

import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings

from deployments import tasks
from deployments.exceptions import ForgeError
from deployments.models import Deployment, Host
from deployments.services import ending, execution, lifecycle, moves
from tests.deployments.runner.observing import alive
from tests.deployments.services import web
from tests.deployments.services.conftest import fall_silent
from tests.deployments.services.queueing import lose
from tests.deployments.services.world import World, log_of, states
from tests.servers import sshd as servers
from tests.servers.sshd import unused_target

pytestmark = pytest.mark.sshd

BLOCKED = 'mkdir "$HOME/shop-live/current"'


@pytest.fixture(autouse=True)
def _impatient(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.SHIPMATE_HOST_PATIENCE = 1
    monkeypatch.setattr(ending, "GRACE", 0.5)


def test_a_host_that_is_down_is_an_error_that_names_it(world: World) -> None:
    nobody = unused_target()
    Host.objects.filter(name="web-2").update(port=nobody.port)

    deployment = world.deploy()

    assert (deployment.status, deployment.reason) == ("error", "unreachable")
    assert "web-2" in deployment.note
    assert states(deployment, "transfer") == ["success", "error", "success"]
    assert world.placements() == [None] * 3


@pytest.mark.slow
def test_a_host_that_opens_no_session_has_run_nothing_and_can_be_tried_again(
    world: World, tmp_path: Path
) -> None:
    port = Host.objects.get(name="web-2").port
    with servers.running(tmp_path / "closed", more="MaxSessions 0") as closed:
        (closed.folder / "authorized_keys").write_text(world.hosts[0].login.public)
        Host.objects.filter(name="web-2").update(port=closed.port, host_keys=closed.host_key)
        deployment = world.deploy()
    Host.objects.filter(name="web-2").update(port=port, host_keys=world.hosts[1].host_key)

    assert (deployment.status, deployment.reason) == ("error", "settings")
    assert "web-2 lets nobody open a session, so nothing can be run there" in deployment.note
    assert world.end(lifecycle.retry(deployment, world.door)).status == "success"


@pytest.mark.slow
def test_a_host_key_that_changed_is_an_error_and_nothing_is_sent(world: World) -> None:
    Host.objects.filter(name="web-1").update(host_keys=unused_target().host_keys[0])

    deployment = world.deploy()

    assert (deployment.status, deployment.reason) == ("error", "host_key")
    assert "THE HOST KEY OF web-1 HAS CHANGED" in deployment.note
    assert not world.folder().exists()


@pytest.mark.slow
def test_a_commit_that_is_gone_is_an_error(world: World) -> None:
    deployment = world.ask()
    Deployment.objects.filter(pk=deployment.pk).update(sha="b" * 40)

    deployment = world.end(deployment)

    assert (deployment.status, deployment.reason) == ("error", "forge")


@pytest.mark.usefixtures("carrier")
def test_a_host_that_cannot_switch_leaves_the_deployment_partly_done(world: World) -> None:
    first = world.deploy()
    (world.folder(1) / "current").unlink()
    (world.folder(1) / "current").mkdir()

    second = world.deploy()

    assert (second.status, second.reason) == ("failure", "partly")
    assert "2 of 3 hosts run the new version." in second.note
    assert world.placements() == [second.pk, first.pk, second.pk]
    assert second.environment.current == first


def test_an_address_that_answers_well_lets_it_succeed(world: World) -> None:
    with web.serving() as server:
        world.settings(check_url=f"http://{{host}}:{server.port}/up", check_seconds=5)
        deployment = world.deploy()

    assert (deployment.status, deployment.note) == ("success", "")
    assert server.asked == ["/up"] * 3
    assert states(deployment, "clean") == ["success"] * 3


@pytest.mark.slow
def test_an_address_is_asked_again_until_it_answers_well(world: World) -> None:
    with web.serving() as server:
        server.answers = [503, 302]
        world.settings(check_url=f"http://{{host}}:{server.port}/up", check_seconds=20)
        deployment = world.deploy(hosts=["web-1"])

    assert deployment.status == "success"
    assert server.asked == ["/up"] * 3


@pytest.mark.slow
def test_an_address_that_never_answers_well_fails_the_check(world: World) -> None:
    with web.serving() as server:
        server.answer = 500
        world.settings(check_url=f"http://{{host}}:{server.port}/up", check_seconds=1)
        deployment = world.deploy()

    assert (deployment.status, deployment.reason) == ("failure", "health")
    assert f"GET http://127.0.0.1:{server.port}/up answered 500 (web-1)." in deployment.note
    assert world.placements() == [deployment.pk] * 3


@pytest.mark.slow
def test_a_check_that_says_no_fails_the_check(world: World) -> None:
    world.settings(check=["echo sick; exit 1"])

    deployment = world.deploy()

    assert (deployment.status, deployment.reason) == ("failure", "health")
    assert "sick\n" in log_of(deployment, "web-3")


@pytest.mark.slow
def test_silence_ends_what_runs_and_says_so(world: World) -> None:
    world.settings(build=["sleep 61.9"], silence_seconds=1)

    deployment = world.deploy()

    assert (deployment.status, deployment.reason) == ("failure", "timed_out")
    assert deployment.note == "Ended because nothing was printed for 1 seconds."
    assert states(deployment, "build") == ["cancelled"] * 3
    assert not alive("61.9")


@pytest.mark.slow
def test_output_is_no_silence_but_time_ends_for_all(world: World) -> None:
    world.settings(build=["while sleep .2; do echo on; done"], silence_seconds=1, total_seconds=3)
    began = time.monotonic()

    deployment = world.deploy()

    assert (deployment.status, deployment.reason) == ("failure", "timed_out")
    assert deployment.note == "Ended because it took longer than 3 seconds."
    assert 3 <= time.monotonic() - began < 60


@pytest.mark.usefixtures("carrier")
@pytest.mark.slow
def test_no_clock_and_no_outage_of_ours_counts_as_time(world: World) -> None:
    """It began an hour ago, by the clock; its workers have held it for a moment."""
    deployment = world.ask()
    lose()
    moves.claim(deployment, "one that dies")
    hour = timezone.now() - timedelta(hours=1)
    Deployment.objects.filter(pk=deployment.pk).update(started_at=hour)
    fall_silent(deployment)

    tasks.run(deployment.pk)

    assert world.now(deployment).status == "success"


@pytest.mark.slow
def test_the_time_of_the_worker_before_counts(world: World) -> None:
    deployment = world.ask()
    lose()
    moves.claim(deployment, "one that dies")
    Deployment.objects.filter(pk=deployment.pk).update(spent=3_600)
    fall_silent(deployment)

    tasks.run(deployment.pk)

    assert world.now(deployment).reason == "timed_out"


@pytest.mark.slow
def test_a_fault_of_our_own_ends_it_and_its_text_is_kept_nowhere(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    deployment = world.ask()
    world.environment.application.provider = "hunter2hunter2"
    world.environment.application.save(update_fields=["provider"])

    deployment = world.end(deployment)

    assert (deployment.status, deployment.reason) == ("error", "lost")
    assert "builtins.KeyError" in deployment.note
    assert "hunter2" not in deployment.note + caplog.text


def _break(error: Exception) -> Any:
    def broken(*_: Any) -> None:
        raise error

    return broken


@pytest.mark.slow
@pytest.mark.parametrize(
    "error", [MemoryError(), OSError(28, "No space left"), RuntimeError("can't start new thread")]
)
@pytest.mark.usefixtures("carrier")
def test_a_machine_of_ours_without_room_leaves_it_to_who_has_some(
    world: World, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    deployment = world.ask()
    with monkeypatch.context() as short:
        short.setattr(execution, "_deploy", _break(error))
        world.end(deployment)
    assert (world.now(deployment).status, world.now(deployment).note) == ("in_progress", "")

    fall_silent(deployment)
    tasks.run(deployment.pk)

    assert world.now(deployment).status == "success"


@pytest.mark.slow
def test_no_room_for_git_is_no_fault_of_the_repository(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    error = ForgeError("git could not be started")
    error.__cause__ = OSError(24, "Too many open files")
    monkeypatch.setattr(execution, "_deploy", _break(error))

    assert world.deploy().status == "in_progress"


@pytest.mark.slow
def test_without_room_again_and_again_it_ends(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    deployment = world.ask()
    monkeypatch.setattr(execution, "_deploy", _break(MemoryError()))
    Deployment.objects.filter(pk=deployment.pk).update(epoch=execution.CLAIMS)

    deployment = world.end(deployment)

    assert (deployment.status, deployment.reason) == ("error", "lost")
    assert "had no room for it, again and again (MemoryError)" in deployment.note


@pytest.mark.slow
def test_what_is_asked_for_some_hosts_stays_there(world: World) -> None:
    deployment = world.deploy(hosts=["web-2"])

    assert deployment.status == "success"
    assert world.placements() == [None, deployment.pk, None]
    assert deployment.environment.current is None
