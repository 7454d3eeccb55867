"""What hosts say that they run, beside what is on record."""

from __future__ import annotations

import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.utils import timezone

from deployments import tasks
from deployments.exceptions import HostError
from deployments.models import Change, Deployment, Environment, Person, Placement
from deployments.runner import reading
from deployments.selectors import running
from deployments.services import truth
from tests.deployments import build
from tests.deployments.services.conftest import enqueue
from tests.deployments.services.queueing import bells, lose
from tests.deployments.services.world import World

SHA, OTHER = "a" * 40, "b" * 40
HEAR = "deployments.tasks.hear"


def said(world: World) -> list[str]:
    """Return what hosts say against the record."""
    return [str(odd) for odd in running.in_(world.environment).odd]


def revision(world: World, host: int) -> Path:
    return world.folder(host) / "current" / "REVISION"


def one(world: World, host: int = 0) -> Placement:
    return Placement.objects.get(host__name=f"web-{host + 1}")


@pytest.mark.sshd
def test_after_a_deployment_hosts_say_what_is_on_record(world: World) -> None:
    deployment = world.deploy()

    tasks.hear(world.environment.pk)

    assert said(world) == []
    assert (one(world).says, one(world).silence) == (deployment.sha, "")
    assert not Change.objects.filter(verb="host.says").exists()


@pytest.mark.sshd
def test_a_host_that_somebody_changed_says_so(world: World) -> None:
    deployment = world.deploy()
    revision(world, 2).write_text(f"{OTHER}\n")
    (world.folder(1) / "current").unlink()

    tasks.hear(world.environment.pk)

    record = f"record says {deployment.sha[:7]}"
    assert said(world) == [f"{record}, web-2 says nothing", f"{record}, web-3 says bbbbbbb"]
    assert Change.objects.filter(verb="host.says").count() == 2


@pytest.mark.sshd
def test_what_is_no_commit_is_nothing(world: World) -> None:
    world.deploy()
    revision(world, 0).write_text("$(touch hacked)\nmore\n" * 500)

    tasks.hear(world.environment.pk)

    assert one(world).says == ""


@pytest.mark.sshd
def test_a_host_that_does_not_answer_is_unheard_and_not_wrong(breakable: World) -> None:
    deployment = breakable.deploy()
    before = one(breakable).heard_at
    breakable.hosts[0].kill()

    tasks.hear(breakable.environment.pk)

    first = one(breakable)
    assert said(breakable) == []
    assert (first.says, first.heard_at) == (deployment.sha, before)
    assert "cannot be reached" in first.silence
    assert one(breakable, 1).silence == ""


@pytest.mark.sshd
def test_nobody_is_asked_while_something_is_deployed(world: World) -> None:
    deployment = world.deploy()
    revision(world, 0).write_text(f"{OTHER}\n")
    Deployment.objects.filter(pk=deployment.pk).update(status="in_progress")

    tasks.hear(world.environment.pk)

    assert said(world) == []


@pytest.mark.sshd
def test_an_answer_about_what_ran_before_does_not_count(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = world.deploy()
    asked = reading.read_all

    def meanwhile(them: Any) -> Any:
        answers = asked(them)
        world.release()
        return answers

    monkeypatch.setattr(reading, "read_all", meanwhile)
    tasks.hear(world.environment.pk)

    assert first.sha not in {one(world, host).says for host in range(3)}
    assert said(world) == []


@pytest.mark.sshd
def test_a_deployment_takes_back_what_was_said_before(world: World) -> None:
    world.deploy()
    revision(world, 0).write_text(f"{OTHER}\n")
    tasks.hear(world.environment.pk)

    world.release()

    assert said(world) == []


@pytest.fixture
def live(here: Environment, alice: Person) -> Environment:
    build.live(here, alice, SHA)
    return here


def test_hosts_are_asked_now_and_then(live: Environment) -> None:
    truth.ring()
    truth.ring()

    assert bells() == [(HEAR, (live.pk,))]


def test_they_are_asked_again_after_a_while_and_soon_after_a_deployment(live: Environment) -> None:
    truth.ring()
    lose()
    Placement.objects.update(asked_at=timezone.now() - timedelta(minutes=9))
    truth.ring()
    assert bells() == []

    truth.ask_soon(live)
    truth.ring()

    assert bells() == [(HEAR, (live.pk,))]


def test_a_clock_that_was_put_back_keeps_nobody_from_being_asked(live: Environment) -> None:
    Placement.objects.update(asked_at=timezone.now() + timedelta(days=1))

    truth.ring()

    assert bells() == [(HEAR, (live.pk,))]


def test_deployments_that_wait_go_first(live: Environment, alice: Person) -> None:
    enqueue(live, alice)

    truth.ring()

    assert HEAR not in {name for name, _ in bells()}


def test_silent_hosts_take_one_worker_and_leave_the_others_to_deployments(
    live: Environment, there: Environment, alice: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    build.live(there, alice, SHA)
    truth.ring()
    lose()

    def silent(asked: Any) -> dict[str, HostError]:
        truth.ring()
        assert bells() == []
        return {target.name: HostError("silent") for target, _ in asked}

    monkeypatch.setattr(reading, "read_all", silent)
    tasks.hear(live.pk)

    assert set(live.placements.values_list("silence", flat=True)) == {"silent"}
    truth.ring()
    assert bells() == [(HEAR, (there.pk,))]


@pytest.mark.parametrize("seconds", [-130, 3_600])
def test_a_worker_that_died_while_it_asked_or_a_clock_that_was_put_back_stops_nobody(
    live: Environment, seconds: int
) -> None:
    cache.set(truth.ASKING, time.time() + seconds, None)

    truth.ring()

    assert bells() == [(HEAR, (live.pk,))]


def test_nobody_asks_where_nothing_was_deployed_or_that_is_archived(
    here: Environment, alice: Person
) -> None:
    truth.ring()
    build.live(here, alice, SHA)
    Environment.objects.update(archived_at=timezone.now())
    truth.ring()

    assert bells() == []
