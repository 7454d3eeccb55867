"""Stopping a deployment that runs: what runs on hosts is ended, looked for, and then told."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from pytest_django import Settings

from deployments.models import Change, Deployment
from deployments.services import ending, lifecycle, packing
from tests.deployments.runner.observing import alive
from tests.deployments.services import web
from tests.deployments.services import world as world_of
from tests.deployments.services.world import (
    LEFT,
    Meanwhile,
    World,
    log_of,
    states,
    until,
    with_program,
)
from tests.servers.sshd import Sshd

pytestmark = pytest.mark.sshd

DEAF = "trap '' TERM; echo begun; while :; do sleep 71.3; done"


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ending, "GRACE", 0.5)


def stop_when(world: World, deployment: Deployment, text: str) -> Deployment:
    """Cancel it once something stands in its log, and wait for its end."""
    meanwhile = Meanwhile(deployment)
    until(lambda: log_of(deployment).count(text) == 3)
    lifecycle.cancel(world.now(deployment), world.door)
    return meanwhile.end()


@pytest.mark.usefixtures("carrier")
def test_a_build_is_ended_with_all_that_it_started(world: World) -> None:
    world.settings(build=["sleep 71.1 & sleep 71.2 & echo begun; wait"])

    deployment = stop_when(world, world.ask(), "begun\n")

    assert (deployment.status, deployment.reason, deployment.note) == ("cancelled", "", "")
    assert states(deployment, "build") == ["cancelled"] * 3
    assert not alive("71.1") + alive("71.2")
    assert world.placements() == [None] * 3


@pytest.mark.slow
def test_a_build_that_does_not_listen_is_ended_too(world: World) -> None:
    world.settings(build=[DEAF])

    deployment = stop_when(world, world.ask(), "begun\n")

    assert deployment.status == "cancelled"
    assert not alive("71.3")


@pytest.mark.slow
def test_whoever_cancels_is_remembered_twice(world: World) -> None:
    world.settings(build=["echo begun; sleep 60"])

    deployment = stop_when(world, world.ask(), "begun\n")

    said = Change.objects.filter(deployment=deployment, person=world.alice)
    asked, ended = said.exclude(old="")[0], said.get(verb="deployment.stopping")
    assert ended.pk < asked.pk
    assert (asked.old, asked.new) == ("in_progress", "cancelled")


@pytest.mark.usefixtures("carrier")
@pytest.mark.slow
def test_the_next_one_starts(world: World) -> None:
    world.settings(build=["[ ! -e $HOME/slow ] || { rm $HOME/slow; echo begun; sleep 60; }"])
    for host in world.hosts:
        (host.home / "slow").touch()
    first, second = world.ask(), world.ask()

    stop_when(world, first, "begun\n")

    assert world.end(second).status == "success"


@pytest.mark.slow
def test_after_the_switch_it_is_told_which_hosts_have_switched(world: World) -> None:
    first = world.deploy()
    world.settings(restart=["echo begun; sleep 71.4"])

    second = stop_when(world, world.ask(), "begun\n")

    assert second.status == "cancelled"
    assert world.placements() == [second.pk] * 3
    assert [world.current(host) for host in range(3)] == [second.release_name] * 3
    assert first.environment.current == first


# A host whose rename takes its time: the switch is stopped before it on one, behind it on another.
SLOW_MV = """#!/bin/sh
case "$2" in *.current.*) ;; *) exec /bin/mv "$@" ;; esac
if [ -e "$HOME/after" ]; then /bin/mv "$@"; echo begun; sleep 71.5; exit; fi
if [ -e "$HOME/before" ]; then echo begun; sleep 71.5; fi
exec /bin/mv "$@"
"""


@pytest.fixture
def breakable_switch(transactional_db: None, tmp_path: Path) -> Iterator[World]:
    path = with_program(tmp_path, "mv", SLOW_MV)
    with world_of.running(tmp_path / "machines", path=path) as hosts:
        yield world_of.make(hosts, tmp_path)


@pytest.mark.slow
def test_a_switch_that_is_stopped_is_looked_at(breakable_switch: World) -> None:
    world = breakable_switch
    first = world.deploy()
    (world.hosts[0].home / "after").touch()
    (world.hosts[1].home / "before").touch()
    deployment = world.ask()
    meanwhile = Meanwhile(deployment)
    until(lambda: len(alive("71.5")) == 2)

    lifecycle.cancel(world.now(deployment), world.door)
    deployment = meanwhile.end()

    assert deployment.status == "cancelled"
    assert deployment.note == "2 of 3 hosts run the new version."
    assert world.placements() == [deployment.pk, first.pk, deployment.pk]
    assert world.current(0) == deployment.release_name
    assert world.current(1) == first.release_name
    assert not alive("71.5")


@pytest.mark.slow
def test_a_health_check_that_is_stopped_is_cancelled_and_not_failed(world: World) -> None:
    with web.serving() as server:
        server.answer = 500
        world.settings(check_url=f"http://127.0.0.1:{server.port}/", check_seconds=60)
        deployment = stop_when(world, world.ask(), "answered 500\n")

    assert (deployment.status, deployment.reason) == ("cancelled", "")
    assert states(deployment, "check") == ["cancelled"] * 3


SLOW_CAT = """#!/bin/sh
sleep 3
exec /bin/cat "$@"
"""


@pytest.mark.slow
def test_sending_is_stopped_in_the_middle(transactional_db: None, tmp_path: Path) -> None:
    path = with_program(tmp_path, "cat", SLOW_CAT)
    with world_of.running(tmp_path / "machines", 1, path=path) as hosts:
        world = world_of.make(hosts, tmp_path)
        deployment = world.ask()
        meanwhile = Meanwhile(deployment)
        until(lambda: world.now(deployment).phase == "transfer")
        lifecycle.cancel(world.now(deployment), world.door)
        deployment = meanwhile.end()

    assert (deployment.status, deployment.note) == ("cancelled", "")
    assert states(deployment, "transfer") == ["waiting"]
    assert "[shipmate] sending 1 files" in log_of(deployment)


@pytest.mark.slow
def test_a_host_that_cannot_be_asked_to_stop_is_told_of(
    breakable: World, settings: Settings
) -> None:
    world = breakable
    settings.SHIPMATE_HOST_PATIENCE = 2
    world.settings(build=["echo begun; sleep 71.6"])
    deployment = world.ask()
    meanwhile = Meanwhile(deployment)
    until(lambda: log_of(deployment).count("begun\n") == 3)

    world.hosts[1].kill()
    lifecycle.cancel(world.now(deployment), world.door)
    deployment = meanwhile.end()

    assert deployment.status == "cancelled"
    told = "Contact with web-2 was lost"
    assert deployment.note.count(told) == log_of(deployment, "web-2").count(told) == 1
    assert "the command may still be running there" in deployment.note
    assert states(deployment, "build") == ["cancelled", "error", "cancelled"]
    _end("71.6")


@pytest.mark.slow
def test_a_host_that_was_away_is_asked_to_stop_when_it_is_back(
    breakable: World, settings: Settings
) -> None:
    world = breakable
    settings.SHIPMATE_HOST_PATIENCE = 60
    world.settings(build=["echo begun; sleep 71.7"])
    deployment = world.ask()
    meanwhile = Meanwhile(deployment)
    until(lambda: log_of(deployment).count("begun\n") == 3)
    world.hosts[1].kill()

    lifecycle.cancel(world.now(deployment), world.door)
    until(lambda: "[shipmate] not ended yet: " in log_of(deployment, "web-2"))
    world.hosts[1].start()
    deployment = meanwhile.end()

    assert (deployment.status, deployment.note) == ("cancelled", "")
    assert states(deployment, "build") == ["cancelled"] * 3
    assert not alive("71.7")


@pytest.mark.slow
def test_what_is_left_after_a_cancel_is_told_of(haunted: World) -> None:
    world = haunted
    (world.hosts[1].home / "haunted").touch()
    world.settings(build=["echo begun; sleep 71.9"])

    deployment = stop_when(world, world.ask(), "begun\n")

    assert (deployment.status, deployment.note) == ("cancelled", f"{LEFT}.")
    assert f"[shipmate] {LEFT}\n" in log_of(deployment, "web-2")
    assert list(deployment.phase_runs.exclude(doubt="").values_list("host")) == [("web-2",)]
    assert Change.objects.get(verb="deployment.doubt").note == LEFT


def _end(mark: str) -> None:
    """End what a host that does not come back would go on with."""
    for process in alive(mark):
        os.kill(process, signal.SIGKILL)


# A host whose switch waits before it is done, another whose switch has been made and is not over.
WAITING_MV = """#!/bin/sh
case "$2" in *.current.*) ;; *) exec /bin/mv "$@" ;; esac
if [ -e "$HOME/after" ]; then /bin/mv "$@"; echo begun; sleep 71.8; exit; fi
while [ -e "$HOME/wait" ]; do sleep .1; done
exec /bin/mv "$@"
"""


@pytest.mark.slow
def test_a_host_that_is_cut_off_in_the_switch_is_told_of_and_looked_at(
    transactional_db: None, tmp_path: Path
) -> None:
    path = with_program(tmp_path, "mv", WAITING_MV)
    with world_of.running(tmp_path / "machines", 2, path=path) as hosts:
        world = world_of.make(hosts, tmp_path)
        (hosts[0].home / "wait").touch()
        (hosts[1].home / "after").touch()
        deployment = world.ask()
        meanwhile = Meanwhile(deployment)
        until(lambda: "begun\n" in log_of(deployment, "web-2"))
        with _locked_out(hosts[1]):
            until(lambda: "error" in states(deployment, "switch"), 90)  # it may only be booting
        (hosts[0].home / "wait").unlink()
        deployment = meanwhile.end()

    _end("71.8")
    assert (deployment.status, deployment.reason) == ("error", "settings")
    assert "the command may still be running there" in deployment.note
    assert deployment.note.endswith("All hosts run the new version.")
    assert world.placements() == [deployment.pk] * 2


@contextmanager
def _locked_out(host: Sshd) -> Iterator[None]:
    """Let nobody in, and nobody stay in."""
    file = host.folder / "authorized_keys"
    keys = file.read_text()
    file.write_text("")
    host.kill_sessions()
    yield
    file.write_text(keys)


@pytest.mark.usefixtures("carrier")
@pytest.mark.slow
def test_sending_is_stopped_before_anything_runs(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    deployment = world.ask()
    lifecycle.cancel(_taken(deployment), world.door)
    monkeypatch.setattr(packing, "BLOCK", 1)

    Deployment.objects.filter(pk=deployment.pk).update(lease_until="2020-01-01T00:00:00Z")
    deployment = world.end(deployment)

    assert deployment.status == "cancelled"
    assert not world.folder().exists()


def _taken(deployment: Deployment) -> Deployment:
    Deployment.objects.filter(pk=deployment.pk).update(status="in_progress", epoch=1)
    return Deployment.objects.get(pk=deployment.pk)
