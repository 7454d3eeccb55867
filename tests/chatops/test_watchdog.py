"""A cluster that hangs is killed whole, and no other."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from django_q.models import OrmQ
from django_q.tasks import async_task

from chatops.supervision import environment
from tests.deployments.services.elsewhere import environment as shipmates
from tests.deployments.services.world import until

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
ROOT = Path(__file__).resolve().parents[2]
QUICKLY = """
import django
django.setup()
from chatops import watchdog
watchdog.PATIENCE = 3
watchdog.BETWEEN = 1
from django.core.management import execute_from_command_line
execute_from_command_line(["manage.py", "qcluster"])
"""


@contextmanager
def cluster() -> Iterator[psutil.Popen]:
    """Run a cluster of deploy workers as a supervisor does: the leader of a group of its own."""
    more = {"SHIPMATE_DEPLOY_WORKERS": "2", "Q_CLUSTER_NAME": "deploy"}
    process = psutil.Popen(
        [sys.executable, "-c", QUICKLY],
        cwd=ROOT,
        env=environment() | shipmates() | more,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        until(lambda: len(workers(process)) == 4, 60)
        yield process
    finally:
        if process.is_running():
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def workers(process: psutil.Popen) -> list[psutil.Process]:
    """Return two workers, what takes results and what brings tasks."""
    return [own for sentinel in process.children() for own in sentinel.children()]


def test_one_that_stands_still_ends_its_cluster() -> None:
    with cluster() as process:
        workers(process)[0].suspend()

        assert process.wait(90) == -signal.SIGKILL


def test_a_sentinel_that_stands_still_ends_its_cluster() -> None:
    with cluster() as process:
        (sentinel,) = process.children()
        sentinel.suspend()

        assert process.wait(90) == -signal.SIGKILL


def test_tasks_that_nobody_takes_end_it() -> None:
    with cluster() as process:
        until(lambda: taken(process))
        for worker in workers(process)[:2]:
            worker.suspend()
        async_task("deployments.tasks.recount", cluster="deploy", save=False)

        assert process.wait(90) == -signal.SIGKILL


def taken(process: psutil.Popen) -> bool:
    """Let a task be taken: all is at work by then."""
    if not OrmQ.objects.exists():
        async_task("deployments.tasks.recount", cluster="deploy", save=False)
    until(lambda: not OrmQ.objects.exists(), 60)
    return bool(process.is_running())


def test_one_in_which_all_is_well_lives_on() -> None:
    with cluster() as process:
        assert taken(process)

        with pytest.raises(psutil.TimeoutExpired):
            process.wait(6)
        assert len(workers(process)) == 4


def test_a_process_beside_it_that_stands_still_is_killed() -> None:
    beside = psutil.Popen(["sleep", "300"])
    with cluster() as process:
        beside.suspend()

        assert beside.wait(30) == -signal.SIGKILL
        assert process.is_running()


def test_one_that_runs_beside_it_is_left_alone() -> None:
    beside = psutil.Popen(["sleep", "300"])
    with cluster(), pytest.raises(psutil.TimeoutExpired):
        beside.wait(6)
    beside.kill()
