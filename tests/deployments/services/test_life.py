"""A worker that has ended is known at once where its machine can tell."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from django.db import OperationalError
from django.utils import timezone

from deployments import sweeper
from deployments.models import Deployment
from deployments.services import execution, life, moves, workers
from tests.deployments.services import elsewhere
from tests.deployments.services.conftest import copy
from tests.deployments.services.queueing import bells, lose

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
SHOW = """from deployments.services import life, workers
with life.shown():
    print(workers.name(), flush=True)
    sys.stdin.readline()
"""


def shown() -> tuple[subprocess.Popen[str], str]:
    """Start a worker that is at work, and waits."""
    process = elsewhere.process(f"pass\n{SHOW}")
    elsewhere.go(process)
    assert process.stdout is not None
    return process, process.stdout.readline().strip()


def killed() -> str:
    process, name = shown()
    process.kill()
    process.wait()
    return name


def held_by(deployment: Deployment, worker: str) -> Deployment:
    assert moves.claim(deployment, worker)
    lose()
    return deployment


def test_who_lives_is_not_over_and_who_was_killed_is() -> None:
    process, name = shown()
    assert not life.is_over(name)

    process.kill()
    process.wait()

    assert life.is_over(name)


def test_of_other_machines_nothing_is_known() -> None:
    assert not life.is_over("elsewhere:1")
    assert not life.is_over("")


def test_who_is_at_work_twice_is_so_until_both_are_over() -> None:
    with life.shown():
        with life.shown():
            assert not life.is_over(workers.name())
        assert not life.is_over(workers.name())

    assert life.is_over(workers.name())


def test_a_full_disk_leaves_the_lease_to_decide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(life, "_folder", lambda: Path("/proc/nowhere"))

    with life.shown():
        assert not life.is_over(workers.name())


def test_a_worker_that_left_a_deployment_alone_is_not_waited_for(
    queued: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database went away; the process lives, and may be given another one."""
    monkeypatch.setattr(execution, "_carry", _away)
    execution.run(queued.pk)
    lose()

    sweeper.sweep()

    assert bells() == [("deployments.tasks.run", (queued.pk,))]


def _away(deployment: Deployment) -> None:
    raise OperationalError


def test_what_is_over_is_forgotten_and_who_lives_stays() -> None:
    process, name = shown()
    dead = killed()

    life.forget()

    assert {path.name for path in life._folder().iterdir()} >= {name}
    assert dead not in {path.name for path in life._folder().iterdir()}
    process.kill()


def test_the_lease_of_a_dead_worker_is_not_waited_for(queued: Deployment) -> None:
    held_by(queued, killed())

    sweeper.sweep()

    assert bells() == [("deployments.tasks.run", (queued.pk,))]
    assert moves.claim(copy(queued), "another")


def test_the_lease_of_others_is(queued: Deployment) -> None:
    held_by(queued, "elsewhere:1")

    sweeper.sweep()

    assert bells() == []


def test_who_has_taken_over_keeps_its_lease(queued: Deployment) -> None:
    before = copy(held_by(queued, killed()))
    moves.let_go(before)
    assert moves.claim(copy(queued), "another")

    moves.let_go(before)

    lease = copy(queued).lease_until
    assert lease is not None
    assert lease > timezone.now()
