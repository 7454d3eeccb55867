"""Processes say that they live, and are forgotten when they have not for long."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from deployments.models import Worker
from deployments.services import machines, workers
from tests.deployments.services import elsewhere

pytestmark = pytest.mark.django_db


def silent_for(**long: float) -> None:
    Worker.objects.update(seen_at=timezone.now() - timedelta(**long))


def test_who_beats_is_alive_in_its_role() -> None:
    workers.beat("deploy")

    assert (workers.alive("deploy"), workers.alive("chat")) == (1, 0)


def test_a_second_beat_is_the_same_worker_and_its_start_stays() -> None:
    workers.beat("deploy")
    started = Worker.objects.get().started_at

    workers.beat("deploy")

    assert Worker.objects.get().started_at == started


def test_who_is_silent_is_not_alive() -> None:
    workers.beat("deploy")
    silent_for(seconds=21)

    assert workers.alive("deploy") == 0


def test_who_is_silent_for_a_day_is_forgotten() -> None:
    workers.beat("deploy")
    silent_for(hours=23)
    workers.forget_silent()
    assert Worker.objects.exists()

    silent_for(hours=25)
    workers.forget_silent()
    assert not Worker.objects.exists()


FULL = """import resource, signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
from deployments.services import machines
print(machines.here())
"""


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_worker_that_starts_on_a_full_disk_knows_its_machine() -> None:
    assert elsewhere.race(f"pass\n{FULL}", 1) == [machines.here()]


def test_a_heart_beats_by_its_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    heart = workers.Heart("sweeper")

    heart.beat()

    assert workers.alive("sweeper") == 1
    assert heart.daemon


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_two_processes_are_two_workers() -> None:
    elsewhere.race("from deployments.services import workers; workers.beat('deploy')", 2)

    assert workers.alive("deploy") == 2
