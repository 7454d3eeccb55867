"""A worker that has ended is known at once where its machine can tell."""

from __future__ import annotations

import subprocess

import pytest
from django.utils import timezone

from deployments import sweeper
from deployments.models import Deployment
from deployments.services import life, moves, workers
from tests.deployments.services import elsewhere
from tests.deployments.services.conftest import copy
from tests.deployments.services.queueing import bells, lose

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
SHOW = "from deployments.services import life, workers; life.show(); print(workers.name(), flush=1)"


def shown() -> tuple[subprocess.Popen[str], str]:
    """Start a process that has shown that it lives, and waits."""
    process = elsewhere.process(f"{SHOW}; sys.stdin.readline()")
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


def test_this_process_lives() -> None:
    life.show()

    assert not life.is_over(workers.name())


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
