"""One person's claim on an environment: taken, told to others, released, over by itself."""

from __future__ import annotations

import subprocess
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection
from django.utils import timezone

from deployments import changes, sweeper
from deployments.exceptions import Invalid, NotAllowed, Refused
from deployments.models import Change, Deployment, Environment, Lock, Person
from deployments.selectors import locks as reading
from deployments.services import lifecycle, locks, queue
from deployments.services.lifecycle import Door
from deployments.services.moves import claim, move
from tests.deployments import build
from tests.deployments.services import elsewhere
from tests.deployments.services.conftest import SHA, copy, enqueue
from tests.deployments.services.queueing import bells, lose

pytestmark = pytest.mark.django_db


def door(person: Person, key: str = "") -> Door:
    return Door(person, "web", key)


def over(lock: Lock) -> None:
    """Let its time be over."""
    Lock.objects.filter(pk=lock.pk).update(until=timezone.now() - timedelta(seconds=1))


def rung() -> list[int]:
    return [number for _, (number,) in bells()]


def newest() -> Change:
    return Change.objects.latest("pk")


# ---- Taking ----


def test_a_lock_says_who_why_since_and_until(here: Environment, alice: Person) -> None:
    lock = locks.take(here, door(alice), seconds=7200, reason="we test the search")

    assert (lock.person, lock.reason) == (alice, "we test the search")
    assert lock.until is not None and lock.until - lock.since >= timedelta(seconds=7199)
    assert (newest().verb, newest().person, newest().environment) == ("lock.taken", alice, here)
    assert newest().subject == "we test the search" and newest().new.startswith("until ")


def test_who_may_not_deploy_there_may_not_lock_it(here: Environment, bob: Person) -> None:
    with pytest.raises(NotAllowed, match="Bob may not lock plain/here: it takes a deployer"):
        locks.take(here, door(bob))

    assert not Lock.objects.exists()


def test_another_hears_who_holds_it_and_who_opens_it(
    here: Environment, alice: Person, dora: Person
) -> None:
    locks.take(here, door(alice), reason="load test")

    with pytest.raises(Refused) as refused:
        locks.take(here, door(dora), reason="mine")

    text = str(refused.value)
    assert "Alice locked plain/here just now, until it is unlocked, because load test." in text
    assert "alice, dora or maker opens it: unlock plain in here" in text
    assert refused.value.lines == ("unlock plain in here",)
    assert Lock.objects.get().person == alice


def test_a_line_that_would_not_help_is_not_offered(here: Environment, dora: Person) -> None:
    locks.take(here, door(dora))

    with pytest.raises(Refused) as refused:
        locks.take(here, door(build.person("alice")))

    assert refused.value.lines == ()


def test_its_owner_says_anew_for_how_long_and_why(here: Environment, alice: Person) -> None:
    first = locks.take(here, door(alice), seconds=60, reason="load test")
    locks.take(here, door(alice), seconds=7200)

    held = reading.in_(here)
    assert held is not None and held.since == first.since and held.reason == "load test"
    assert held.until is not None and held.until > timezone.now() + timedelta(hours=1)
    assert newest().verb == "lock.changed" and newest().old != newest().new


def test_the_same_claim_again_changes_nothing(here: Environment, alice: Person) -> None:
    first = locks.take(here, door(alice), reason="load test")
    before = Change.objects.count()

    assert locks.take(here, door(alice)) == first
    assert Change.objects.count() == before


def test_a_line_that_comes_again_after_the_unlock_does_not_lock_again(
    here: Environment, alice: Person
) -> None:
    locks.take(here, door(alice, "post:1"))
    locks.release(here, door(alice, "post:2"))

    locks.take(here, door(alice, "post:1"))

    assert reading.in_(here) is None


def test_the_database_keeps_one_lock_whoever_writes(here: Environment, alice: Person) -> None:
    locks.take(here, door(alice))

    with pytest.raises(IntegrityError):
        Lock.objects.create(environment=here, person=build.person("dora"))


def test_a_lock_that_is_not_recorded_is_not_taken(
    here: Environment, alice: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changes, "_handlers", [_dies])

    with pytest.raises(OSError, match="gone"):
        locks.take(here, door(alice))

    assert not Lock.objects.exists()


def _dies(change: Change) -> None:
    raise OSError("gone")


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_of_two_who_take_it_at_once_one_gets_it(
    here: Environment, alice: Person, dora: Person
) -> None:
    takers = [elsewhere.process(_takes(here, person)) for person in (alice, dora)]
    elsewhere.go(*takers)

    assert sorted(elsewhere.answers(*takers)) == ["refused", "took"]
    assert Lock.objects.count() == 1


def _takes(here: Environment, person: Person) -> str:
    return (
        "from deployments.models import Environment, Person\n"
        "from deployments.services import lifecycle, locks\n"
        "from deployments.exceptions import Refused\n"
        f"door = lifecycle.Door(Person.objects.get(pk={person.pk}), 'web')\n"
        f"try: locks.take(Environment.objects.get(pk={here.pk}), door)\n"
        "except Refused: print('refused')\n"
        "else: print('took')\n"
    )


# ---- Releasing ----


def test_its_owner_opens_it(here: Environment, alice: Person) -> None:
    locks.take(here, door(alice), reason="load test")

    lock = locks.release(here, door(alice))

    assert reading.in_(here) is None
    assert (lock.released_by, lock.released_at is not None) == (alice, True)
    assert (newest().verb, newest().old) == ("lock.released", "Alice, no end")


def test_another_deployer_does_not_open_it(here: Environment, alice: Person, dora: Person) -> None:
    locks.take(here, door(dora))

    with pytest.raises(NotAllowed, match=r"not unlock plain/here: Dora locked .* Ask do"):
        locks.release(here, door(alice))

    assert reading.in_(here) is not None


def test_a_maintainer_opens_anothers(here: Environment, alice: Person, dora: Person) -> None:
    locks.take(here, door(alice))

    assert locks.release(here, door(dora)).released_by == dora


def test_who_lost_the_right_opens_nothing(here: Environment, alice: Person) -> None:
    locks.take(here, door(alice))
    alice.roles.all().delete()

    with pytest.raises(NotAllowed, match="may not unlock plain/here: it takes a deployer"):
        locks.release(here, door(alice))


def test_what_is_open_cannot_be_opened(here: Environment, alice: Person) -> None:
    with pytest.raises(Invalid, match="plain/here is not locked"):
        locks.release(here, door(alice))


def test_an_unlock_that_comes_again_leaves_the_next_lock_alone(
    here: Environment, alice: Person
) -> None:
    locks.take(here, door(alice))
    locks.release(here, door(alice, "post:1"))
    locks.take(here, door(alice))

    locks.release(here, door(alice, "post:1"))

    assert reading.in_(here) is not None


# ---- When its time is over ----


def test_a_lock_whose_time_is_over_holds_nobody(
    here: Environment, alice: Person, dora: Person
) -> None:
    over(locks.take(here, door(alice), seconds=60))

    assert reading.in_(here) is None
    assert locks.take(here, door(dora)).person == dora


def test_the_sweeper_records_its_end_once(here: Environment, alice: Person) -> None:
    over(locks.take(here, door(alice), seconds=60))

    sweeper.sweep()
    sweeper.sweep()

    change = Change.objects.get(verb="lock.expired")
    assert (change.person, change.environment) == (None, here)
    assert Lock.objects.get().released_at == Lock.objects.get().until


def test_whoever_comes_before_the_sweeper_records_it(here: Environment, alice: Person) -> None:
    over(locks.take(here, door(alice), seconds=60))

    with pytest.raises(Invalid, match="is not locked"):
        locks.release(here, door(alice))
    locks.take(here, door(alice))

    assert Change.objects.filter(verb="lock.expired").count() == 1


# ---- What it keeps from beginning ----


def test_another_is_refused_and_the_owner_deploys(
    qa: Environment, alice: Person, dora: Person
) -> None:
    locks.take(qa, door(alice), reason="load test")

    with pytest.raises(Refused, match="Alice locked hello/qa"):
        lifecycle.request(qa, "main", door(dora))
    assert lifecycle.request(qa, "main", door(alice)).status == "queued"


def test_nobody_forces_past_it(qa: Environment, alice: Person, dora: Person) -> None:
    locks.take(qa, door(alice))

    with pytest.raises(Refused, match="Alice locked hello/qa"):
        lifecycle.request(qa, "main", door(dora), force=True)


def test_it_keeps_out_retries_and_rollbacks_too(
    here: Environment, alice: Person, dora: Person
) -> None:
    before = build.live(here, alice, SHA)
    failed = build.deployment(here, dora, "b" * 40, status="failure")
    locks.take(here, door(alice))

    with pytest.raises(Refused, match="Alice locked"):
        lifecycle.retry(failed, door(dora))
    with pytest.raises(Refused, match="Alice locked"):
        lifecycle.rollback(here, door(dora), to=before)


@pytest.mark.usefixtures("carrier")
def test_what_was_asked_before_waits_for_the_unlock(
    here: Environment, alice: Person, dora: Person
) -> None:
    waiting = build.deployment(here, dora, SHA, status="queued")
    locks.take(here, door(alice))

    assert not claim(waiting, "worker")
    assert copy(waiting).status == "queued" and list(reading.kept_out(here)) == [waiting]

    locks.release(here, door(alice))
    assert waiting.pk in rung()
    assert claim(copy(waiting), "worker")


@pytest.mark.usefixtures("carrier")
def test_the_owners_own_goes_past_what_waits_for_the_unlock(
    here: Environment, alice: Person, dora: Person
) -> None:
    build.deployment(here, dora, SHA, status="queued")
    locks.take(here, door(alice))
    own = build.deployment(here, alice, SHA, status="queued")

    assert claim(own, "worker")


@pytest.mark.usefixtures("carrier")
def test_the_end_of_its_time_lets_begin_what_waited(
    here: Environment, alice: Person, dora: Person
) -> None:
    waiting = build.deployment(here, dora, SHA, status="queued")
    over(locks.take(here, door(alice), seconds=60))

    locks.end_over()

    assert waiting.pk in rung()


def test_what_runs_goes_on(here: Environment, alice: Person, dora: Person) -> None:
    running = build.deployment(here, dora, SHA, status="in_progress")

    locks.take(here, door(alice))

    assert move(running, "success")


@pytest.mark.usefixtures("carrier")
def test_what_waited_too_long_for_the_unlock_ends_and_says_so(
    here: Environment, alice: Person, dora: Person
) -> None:
    waiting = build.deployment(here, dora, SHA, status="queued")
    Deployment.objects.update(queued_at=timezone.now() - timedelta(days=30))
    locks.take(here, door(alice))

    sweeper.end_overdue()

    assert copy(waiting).status == "error"
    assert "Alice locked plain/here" in copy(waiting).note


@pytest.mark.usefixtures("carrier")
def test_the_clock_rings_for_nobody_who_is_kept_out(
    here: Environment, alice: Person, dora: Person
) -> None:
    build.deployment(here, dora, SHA, status="queued")
    locks.take(here, door(alice))

    sweeper.ring_queued()

    assert rung() == []


@pytest.mark.usefixtures("carrier")
def test_the_clock_leaves_alone_who_was_rung_just_now_beside_one_that_is_kept_out(
    here: Environment, alice: Person, dora: Person
) -> None:
    build.deployment(here, dora, SHA, status="queued")
    locks.take(here, door(alice))
    enqueue(here, alice)
    lose()

    sweeper.ring_queued()

    assert rung() == []


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_nobody_locks_between_the_look_and_the_beginning(
    here: Environment, alice: Person, dora: Person
) -> None:
    waiting = enqueue(here, dora)
    taker = elsewhere.process(
        f"{_takes(here, alice)}from deployments.models import Deployment\n"
        "print(Deployment.objects.get().status)\n"
    )

    def let_it_try(execute: Any, sql: str, *given: Any) -> Any:
        found = execute(sql, *given)
        if sql.startswith("SELECT") and "ORDER BY" in sql and '"queued_at"' in sql:
            elsewhere.go(taker)
            with suppress(subprocess.TimeoutExpired):
                taker.wait(1)
        return found

    with connection.execute_wrapper(let_it_try):
        assert claim(waiting, "worker")

    assert elsewhere.answers(taker) == ["took\nin_progress"]


def test_it_holds_one_environment_only(here: Environment, alice: Person, dora: Person) -> None:
    other = build.environment(here.application, "other")
    locks.take(here, door(alice))

    assert reading.in_(other) is None
    assert queue.has_its_turn(build.deployment(other, dora, SHA, status="queued"))
