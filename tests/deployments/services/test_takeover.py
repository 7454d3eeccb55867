"""A worker is killed at any moment: another goes on, and nothing runs twice or is told wrongly."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.db import OperationalError, connection
from pytest_django import Settings

from deployments import sweeper, tasks
from deployments.models import Change, Deployment, PhaseRun, Placement
from deployments.services import ending, execution, lifecycle, moves, phases, plan
from deployments.services.lease import Lease, LeaseLost
from tests.deployments.runner.observing import alive
from tests.deployments.services import elsewhere
from tests.deployments.services.conftest import fall_silent
from tests.deployments.services.queueing import drain, lose
from tests.deployments.services.world import LEFT, World, log_of, states, until

pytestmark = [pytest.mark.sshd, pytest.mark.slow, pytest.mark.usefixtures("short_lease", "carrier")]

COUNTED = "echo x >>$HOME/{name}; echo begun; seq 1 3000; sleep 1; seq 1 3000; echo over"
PHASES = ["transfer", "build", "once", "switch", "restart", "check", "clean"]
COMMANDS = {name: [COUNTED.format(name=name)] for name in ("build", "once", "restart", "check")}


def killed_in(world: World, deployment: Deployment, phase: str) -> None:
    """Have a worker of its own carry it out, and kill that once the phase has begun."""
    kill_when(deployment, lambda: _has_begun(deployment, phase))


def kill_when(deployment: Deployment, condition: Callable[[], bool]) -> None:
    lose()
    worker = elsewhere.worker(deployment.pk)
    until(condition)
    _kill(worker)
    fall_silent(deployment)


def _kill(worker: subprocess.Popen[str]) -> None:
    worker.send_signal(signal.SIGKILL)
    worker.wait()


def _has_begun(deployment: Deployment, phase: str) -> bool:
    waiting = PhaseRun.objects.filter(deployment=deployment, phase=phase).exclude(status="waiting")
    return waiting.exists()


def go_on(world: World, deployment: Deployment) -> Deployment:
    """Let the sweeper find it, and this process do what it rings for."""
    sweeper.ring_silent()
    assert drain() == 1
    return world.now(deployment)


@pytest.mark.parametrize("phase", PHASES)
def test_another_worker_goes_on_and_each_command_ran_once(world: World, phase: str) -> None:
    world.settings(**COMMANDS)
    deployment = world.ask()

    killed_in(world, deployment, phase)
    deployment = go_on(world, deployment)

    assert (deployment.status, deployment.note, deployment.epoch) == ("success", "", 2)
    for number, host in enumerate(world.hosts):
        for name in ("build", "restart", "check"):
            assert (host.home / name).read_text() == "x\n"
        assert (host.home / "once").exists() == (number == 0)
        assert world.current(number) == deployment.release_name
    assert world.placements() == [deployment.pk] * 3


@pytest.mark.parametrize("phase", ["build", "restart"])
def test_the_log_is_whole_though_two_workers_wrote_it(world: World, phase: str) -> None:
    world.settings(**COMMANDS)
    deployment = world.ask()

    begun = deployment.log_chunks.filter(phase=phase, text__contains="begun\n")
    kill_when(deployment, begun.exists)
    go_on(world, deployment)

    numbers = "".join(f"{number}\n" for number in range(1, 3001))
    expected = f"$ {COMMANDS[phase][0]}\nbegun\n{numbers}{numbers}over\n"
    for host in ("web-1", "web-2", "web-3"):
        chunks = deployment.log_chunks.filter(host=host, phase=phase).order_by("seq")
        kept = "".join(chunk.text for chunk in chunks)
        assert sha256(kept.encode()).digest() == sha256(expected.encode()).digest()


def test_the_chunks_are_numbered_on_without_a_gap(world: World) -> None:
    world.settings(**COMMANDS)
    deployment = world.ask()

    kill_when(deployment, lambda: "begun\n" in log_of(deployment))
    go_on(world, deployment)

    seqs = list(deployment.log_chunks.order_by("seq").values_list("seq", flat=True))
    assert seqs == list(range(1, len(seqs) + 1))


def test_a_command_that_failed_meanwhile_is_told_as_failed(world: World) -> None:
    world.settings(build=["echo begun; sleep 1.7; exit 4"])
    deployment = world.ask()

    killed_in(world, deployment, "build")
    until(lambda: not alive("1.7"))
    deployment = go_on(world, deployment)

    assert (deployment.status, deployment.reason) == ("failure", "command")
    assert deployment.note.count("build ended with 4") == 3


def test_what_nobody_can_follow_any_more_is_told_as_that_and_not_as_running(
    world: World, settings: Settings
) -> None:
    world.settings(build=["echo begun; sleep 3"])
    deployment = world.ask()

    kill_when(deployment, lambda: log_of(deployment).count("begun\n") == 3)
    settings.SHIPMATE_FERNET_KEYS = [Fernet.generate_key().decode()]
    deployment = go_on(world, deployment)

    assert (deployment.status, deployment.reason) == ("error", "settings")
    assert deployment.note.endswith("may still be running there: look, then retry.")
    assert states(deployment, "build") == ["error"] * 3


def test_a_key_that_is_gone_is_told_as_such(world: World) -> None:
    world.settings(build=["echo begun; sleep 3"])
    deployment = world.ask()

    kill_when(deployment, lambda: log_of(deployment).count("begun\n") == 3)
    world.environment.ssh_key.delete()
    deployment = go_on(world, deployment)

    assert (deployment.status, deployment.reason) == ("error", "settings")
    assert deployment.note.startswith("shop/live has no SSH key any more.")


def test_what_was_frozen_is_what_the_next_worker_does(world: World) -> None:
    world.settings(build=["echo begun; sleep 1"], restart=["echo as it was"])
    deployment = world.ask()

    killed_in(world, deployment, "build")
    world.settings(restart=["echo as it is"])
    go_on(world, deployment)

    assert "as it was\n" in log_of(deployment)
    assert "as it is\n" not in log_of(deployment)


def test_a_cancel_that_nobody_carried_out_is_carried_out(world: World) -> None:
    world.settings(build=["echo begun; sleep 73.1"])
    deployment = world.ask()

    kill_when(deployment, lambda: log_of(deployment).count("begun\n") == 3)
    lifecycle.cancel(world.now(deployment), world.door)
    deployment = go_on(world, deployment)

    assert (deployment.status, deployment.reason) == ("cancelled", "")
    assert states(deployment, "build") == ["cancelled"] * 3
    assert not alive("73.1")


@pytest.mark.parametrize("state", ["starting", "waiting"])
def test_what_had_not_begun_does_not_begin_after_a_cancel(
    world: World, monkeypatch: pytest.MonkeyPatch, state: str
) -> None:
    monkeypatch.setattr(phases, "TICK", 5.0)  # whoever looks at the wish only then is too late
    world.settings(build=["true"])
    deployment = world.ask()
    lose()
    assert moves.claim(deployment, "a worker that dies")
    _begin(deployment)
    deployment.phase_runs.filter(phase="build").update(status="starting")
    deployment.phase_runs.filter(phase="build", host="web-2").update(status=state)

    lifecycle.cancel(world.now(deployment), world.door)
    fall_silent(deployment)
    deployment = go_on(world, deployment)

    assert (deployment.status, deployment.note) == ("cancelled", "")
    assert states(deployment, "build") == ["cancelled"] * 3
    assert log_of(deployment) == ""


def _begin(deployment: Deployment) -> None:
    """Write what a worker writes until it has sent the code."""
    Deployment.objects.filter(pk=deployment.pk).update(settings=plan.freeze(deployment))
    deployment.refresh_from_db()
    plan.lay_out(deployment, plan.phases(deployment))
    deployment.phase_runs.filter(phase="transfer").update(status="success")


def test_a_cancel_that_was_carried_out_is_not_told_as_a_failure(world: World) -> None:
    world.settings(build=["echo begun; sleep 73.2"])
    deployment = world.ask()
    lose()
    worker = elsewhere.worker(deployment.pk)
    until(lambda: log_of(deployment).count("begun\n") == 3)

    lifecycle.cancel(world.now(deployment), world.door)
    until(lambda: not alive("73.2"))
    _kill(worker)
    fall_silent(deployment)
    lose()
    if world.now(deployment).status == "in_progress":
        go_on(world, deployment)

    assert world.now(deployment).status == "cancelled"


def test_what_outlives_its_command_is_gone_before_a_cancel_is_told(world: World) -> None:
    """The command ends at once; what it started does not listen, and the worker dies meanwhile.

    It prints no more: else the command would not be over before it is.
    """
    world.settings(build=["trap '' TERM; echo begun; exec sleep 73.4 >/dev/null 2>&1"])
    deployment = world.ask()
    lose()
    worker = elsewhere.worker(deployment.pk)
    until(lambda: log_of(deployment).count("begun\n") == 3)

    lifecycle.cancel(world.now(deployment), world.door)
    until(lambda: all(_has_ended(host.home) for host in world.hosts))
    time.sleep(1)
    _kill(worker)
    assert alive("73.4")
    fall_silent(deployment)
    deployment = go_on(world, deployment)

    assert (deployment.status, alive("73.4")) == ("cancelled", [])


@pytest.mark.parametrize("is_left", [True, False])
def test_what_a_host_could_not_end_is_told_until_it_has_looked(
    haunted: World, monkeypatch: pytest.MonkeyPatch, is_left: bool
) -> None:
    """The worker that was told of it dies while another host is away."""
    monkeypatch.setattr(ending, "GRACE", 0.5)
    world, mark = haunted, haunted.hosts[1].home / "haunted"
    mark.touch()
    deployment = stopped_in_doubt(world)

    if not is_left:
        mark.unlink()
    world.hosts[2].start()
    deployment = go_on(world, deployment)

    assert (deployment.status, deployment.note) == ("cancelled", f"{LEFT}." if is_left else "")
    assert states(deployment, "build") == ["cancelled"] * 3
    told = Change.objects.filter(verb="deployment.doubt").values_list("subject", "note")
    assert list(told) == [("web-2", LEFT)] + ([] if is_left else [("web-2", "")])


def stopped_in_doubt(world: World) -> Deployment:
    """Have a worker cancel it, and die once a host has said that it could not end all of it."""
    world.settings(build=["echo begun; sleep 73.5"])
    deployment = world.ask()
    lose()
    worker = elsewhere.worker(deployment.pk, grace=0.5)
    until(lambda: log_of(deployment).count("begun\n") == 3)
    world.hosts[2].kill()
    lifecycle.cancel(world.now(deployment), world.door)
    until(deployment.phase_runs.exclude(doubt="").exists)
    _kill(worker)
    fall_silent(deployment)
    return deployment


def _has_ended(home: Path) -> bool:
    (status,) = (home / ".shipmate" / "runs").glob("*-build.*/status")
    return status.read_text().startswith("143 .")


def test_a_time_out_that_began_is_told_as_one(world: World) -> None:
    # What ends at once would leave no time to kill the worker in between.
    world.settings(build=["trap '' TERM; echo begun; sleep 73.3"], silence_seconds=1)
    deployment = world.ask()

    kill_when(deployment, lambda: world.now(deployment).reason == "timed_out")
    be_patient(deployment)
    deployment = go_on(world, deployment)

    assert (deployment.status, deployment.reason) == ("failure", "timed_out")
    assert deployment.note == "Ended because nothing was printed for 1 seconds."


def _away_while_building(execute: Any, sql: str, params: Any, *rest: Any) -> Any:
    """Let the database go away when output of the build is to be kept."""
    if "logchunk" in sql and any("begun" in str(value) for value in params or ()):
        raise OperationalError("the database is away")
    return execute(sql, params, *rest)


def test_a_database_that_was_away_for_a_while_loses_nothing(world: World) -> None:
    world.settings(**COMMANDS)
    deployment = world.ask()
    lose()

    with connection.execute_wrapper(_away_while_building):
        tasks.run(deployment.pk)
    assert (world.now(deployment).status, world.now(deployment).note) == ("in_progress", "")
    assert list((world.hosts[0].home / ".shipmate" / "uploads").iterdir())
    fall_silent(deployment)

    assert go_on(world, deployment).status == "success"
    assert [(host.home / "build").read_text() for host in world.hosts] == ["x\n"] * 3


def be_patient(deployment: Deployment) -> None:
    """Let no more time-out come about."""
    frozen = Deployment.objects.get(pk=deployment.pk).settings
    frozen["settings"]["silence_seconds"] = 600
    Deployment.objects.filter(pk=deployment.pk).update(settings=frozen)


def test_a_switch_is_looked_at_also_by_the_next_worker(world: World) -> None:
    """Killed after the hosts were done with it and before what they run was looked at."""
    deployment = world.deploy()
    Deployment.objects.filter(pk=deployment.pk).update(
        status="in_progress", stop_by=world.alice, stop_at=deployment.finished_at
    )
    runs = PhaseRun.objects.filter(deployment=deployment)
    runs.filter(phase="switch").update(status="cancelled")
    runs.filter(phase="clean").update(status="waiting")
    Placement.objects.update(current=None)
    fall_silent(deployment)

    deployment = go_on(world, deployment)

    assert deployment.status == "cancelled"
    assert world.placements() == [deployment.pk] * 3


def test_a_worker_that_wakes_up_late_writes_nothing(world: World) -> None:
    deployment = world.ask()
    lose()
    moves.claim(deployment, "asleep")
    old = Lease(deployment)
    fall_silent(deployment)

    finished = go_on(world, deployment)

    with pytest.raises(LeaseLost):
        execution._perform(deployment, old)
    assert not moves.move(deployment, "error", reason="lost")
    assert world.now(deployment).status == finished.status == "success"
    assert Change.objects.filter(deployment=deployment).latest("pk").new == "success"


def test_a_worker_that_lost_its_lease_leaves_the_run_to_the_other(world: World) -> None:
    world.settings(build=["echo x >>$HOME/build; echo begun; sleep 3"])
    deployment = world.ask()
    lose()
    worker = elsewhere.worker(deployment.pk)
    until(lambda: log_of(deployment).count("begun\n") == 3)
    worker.send_signal(signal.SIGSTOP)
    fall_silent(deployment)

    tasks.run(deployment.pk)
    worker.send_signal(signal.SIGCONT)

    assert worker.wait(30) == 0
    assert world.now(deployment).status == "success"
    assert [(host.home / "build").read_text() for host in world.hosts] == ["x\n"] * 3
    assert Change.objects.filter(deployment=deployment, new="success").count() == 1
