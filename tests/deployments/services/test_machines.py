"""A program is followed on the machine that it was started on, and never started on another."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from django.utils import timezone
from pytest_django import Settings

from deployments import sweeper, tasks
from deployments.models import Deployment, Worker
from deployments.services import ending, lifecycle, machines, workers, workplaces
from tests.deployments.runner.observing import alive
from tests.deployments.services import elsewhere
from tests.deployments.services.conftest import fall_silent
from tests.deployments.services.here import program, until_it_says
from tests.deployments.services.queueing import drain, lose
from tests.deployments.services.world import World, log_of, until

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("short_lease", "carrier")]

LONG = 'echo x >>"$SHIPMATE_CACHE/count"; echo up; seq 1 3000; sleep 2; seq 1 3000; echo over'


def killed(deployment: Deployment, number: int = signal.SIGKILL) -> None:
    """Have a worker of its own begin it, and end that with its whole process group."""
    lose()
    worker = elsewhere.worker(deployment.pk, own_group=True)
    until_it_says(deployment, "up\n")
    os.killpg(worker.pid, number)
    worker.wait()
    fall_silent(deployment)


def go_on(world: World, deployment: Deployment) -> Deployment:
    """Let the sweeper find it, and this process do what it rings for."""
    sweeper.ring_silent()
    drain()
    return world.now(deployment)


def count(world: World) -> str:
    return (workplaces.cache_of(world.environment) / "count").read_text()


@pytest.fixture(autouse=True)
def nothing_cached(shop: World) -> None:
    workplaces.remove(workplaces.cache_of(shop.environment))


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_the_program_outlives_its_workers_and_is_followed_on(shop: World, number: int) -> None:
    program(shop, LONG)
    deployment = shop.ask()

    killed(deployment, number)
    ended = go_on(shop, deployment)

    numbers = "".join(f"{n}\n" for n in range(1, 3001))
    said = log_of(ended).partition("up\n")[2]
    assert (ended.status, ended.epoch) == ("success", 2)
    assert sha256(said.encode()).digest() == sha256(f"{numbers}{numbers}over\n".encode()).digest()
    assert count(shop) == "x\n"


def test_what_ended_meanwhile_is_told_as_it_ended(shop: World) -> None:
    left = f"1.{random.randrange(10_000, 99_999)}"
    program(shop, f"echo up; sleep {left}; exit 4")
    deployment = shop.ask()

    killed(deployment)
    until(lambda: not alive(left))

    assert go_on(shop, deployment).note == "deploy ended with 4 on shipmate."


def test_a_worker_that_takes_over_can_end_it(shop: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ending, "GRACE", 1)
    left = f"{random.randrange(10_000, 99_999)}.25"
    program(shop, f"echo up; sleep {left}")
    deployment = shop.ask()
    killed(deployment)

    lifecycle.cancel(shop.now(deployment), shop.door)

    assert (go_on(shop, deployment).status, alive(left)) == ("cancelled", [])


def test_a_worker_killed_between_two_phases_uses_the_same_folder(shop: World) -> None:
    shop.settings(before=["script/deploy prepare"])
    program(shop, '[ "$1" != prepare ] || { touch made; echo up; sleep 1; exit; }; ls made')
    deployment = shop.ask()

    killed(deployment)
    ended = go_on(shop, deployment)

    assert (ended.status, log_of(ended).count("in a folder of its own")) == ("success", 1)


def test_another_machine_leaves_it_alone(shop: World) -> None:
    deployment = _begun_elsewhere(shop)
    Worker.objects.create(
        name="deploy@there:1",
        role="deploy",
        machine="there",
        started_at=timezone.now(),
        seen_at=timezone.now(),
    )

    left = go_on(shop, deployment)

    assert (left.status, left.epoch) == ("in_progress", deployment.epoch)


def test_two_machines_share_a_database_and_each_keeps_its_own(shop: World, tmp_path: Path) -> None:
    program(shop, LONG)
    deployment = shop.ask()
    killed(deployment)

    theirs = elsewhere.worker(deployment.pk, SHIPMATE_STATE=str(tmp_path / "their state"))
    assert theirs.wait(60) == 0
    left = shop.now(deployment)
    ended = go_on(shop, deployment)

    assert (left.status, left.epoch) == ("in_progress", 1)
    assert (ended.status, ended.epoch, count(shop)) == ("success", 2, "x\n")


def test_another_machine_waits_for_a_worker_to_come_back(shop: World) -> None:
    deployment = _begun_elsewhere(shop)

    assert go_on(shop, deployment).status == "in_progress"


def test_a_machine_that_stays_silent_has_lost_it(shop: World, settings: Settings) -> None:
    settings.SHIPMATE_HOST_PATIENCE = 1
    deployment = _begun_elsewhere(shop)

    ended = go_on(shop, deployment)

    assert (ended.status, ended.reason) == ("error", "lost")
    assert "on the machine “far-away”, where no worker of Shipmate has been alive for 1 s" in (
        ended.note
    )
    assert [run.status for run in ended.phase_runs.all()] == ["error"]


def test_a_worker_of_long_ago_is_no_sign_of_life(shop: World, settings: Settings) -> None:
    settings.SHIPMATE_HOST_PATIENCE = 1
    deployment = _begun_elsewhere(shop)
    before = timezone.now() - timedelta(minutes=2)
    Worker.objects.create(
        name="deploy@there:1", role="deploy", machine="there", started_at=before, seen_at=before
    )

    assert go_on(shop, deployment).reason == "lost"


def test_what_was_not_given_to_a_machine_yet_begins_on_any(shop: World) -> None:
    program(shop, "true")
    deployment = shop.ask()
    Deployment.objects.filter(pk=deployment.pk).update(
        status="in_progress", epoch=1, worker="far-away:1"
    )
    fall_silent(deployment)

    assert go_on(shop, deployment).status == "success"


def _begun_elsewhere(world: World) -> Deployment:
    """Write a deployment whose program runs on a machine that is far away."""
    program(world, "echo it ran here")
    deployment = world.ask()
    lose()
    tasks.run(deployment.pk)
    ended = world.now(deployment)
    ended.settings["machine"] = {"mark": "there", "name": "far-away"}
    Deployment.objects.filter(pk=ended.pk).update(
        status="in_progress",
        settings=ended.settings,
        finished_at=None,
        worker="far-away:1",
    )
    ended.phase_runs.update(status="running")
    fall_silent(ended)
    return world.now(ended)


def test_a_machine_has_one_mark(settings: Settings, tmp_path: Path) -> None:
    settings.SHIPMATE_STATE = tmp_path / "one"
    mark = machines.here()
    settings.SHIPMATE_STATE = tmp_path / "two"

    assert mark != machines.here()
    assert (tmp_path / "one" / "machine").stat().st_mode & 0o077 == 0
    settings.SHIPMATE_STATE = tmp_path / "one"
    assert mark == machines.here()


@pytest.mark.django_db
def test_a_worker_says_which_machine_it_is_on() -> None:
    workers.beat("deploy")

    assert Worker.objects.get().machine == machines.here()


@contextmanager
def cluster() -> Iterator[subprocess.Popen[bytes]]:
    """Run a cluster of workers as the supervisor does: whole, in a group of its own."""
    more = {"Q_CLUSTER_NAME": "deploy", "SHIPMATE_SUPERVISED": "1", "SHIPMATE_DEPLOY_WORKERS": "1"}
    started = subprocess.Popen(
        [sys.executable, str(elsewhere.ROOT / "manage.py"), "qcluster"],
        env=elsewhere.environment() | more,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield started
    finally:
        with suppress(ProcessLookupError):
            os.killpg(started.pid, signal.SIGKILL)
        started.wait()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_cluster_that_ends_leaves_it_to_the_next_one(shop: World, number: int) -> None:
    program(shop, LONG.replace("sleep 2", "sleep 8"))
    deployment = shop.ask()
    with cluster() as first:
        until_it_says(deployment, "up\n")
        first.send_signal(number)
        time.sleep(1)  # then the supervisor's patience is over

    with cluster():
        until(lambda: _rung_until_it_ends(shop, deployment), 90)

    ended = shop.now(deployment)
    numbers = "".join(f"{n}\n" for n in range(1, 3001))
    assert (ended.status, count(shop)) == ("success", "x\n")
    assert log_of(ended).partition("up\n")[2] == f"{numbers}{numbers}over\n"


def _rung_until_it_ends(world: World, deployment: Deployment) -> bool:
    """Ring as the sweeper does, and say whether it has ended."""
    sweeper.ring_silent()
    return world.now(deployment).is_finished
