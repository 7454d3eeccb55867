"""Locks, as said in a room and in a thread."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from bots import rooms
from bots.handlers.locking import locks_, unlock
from bots.language.commands import Locks, Unlock
from bots.speaker import Speaker
from deployments.models import Environment, Lock, Person
from deployments.selectors import locks
from deployments.services import locks as service
from deployments.services.lifecycle import Door
from tests.bots.talking import Talk, the_deployment
from tests.deployments import build


def held(environment: Environment) -> Lock:
    found = locks.in_(environment)
    assert found is not None
    return found


@pytest.mark.parametrize(
    "line", ["lock hello in qa", "deploy:lock hello to qa", "lock hello on QA"]
)
def test_lock_claims_the_place(say: Talk, qa: Environment, alice: Person, line: str) -> None:
    assert say(line).startswith("✔ Alice locked hello/qa until it is unlocked.")

    assert held(qa).person == alice


def test_it_takes_how_long_and_why(say: Talk, qa: Environment) -> None:
    say("lock hello in qa for 2h because we test the search")

    lock = held(qa)
    assert lock.until is not None and lock.until > timezone.now() + timedelta(minutes=119)
    assert lock.reason == "we test the search"


def test_until_when_is_said_in_the_zone_of_who_speaks(
    say: Talk, qa: Environment, alice: Person
) -> None:
    alice.time_zone = "Asia/Tokyo"
    alice.save(update_fields=["time_zone"])

    assert " JST" in say("lock hello in qa for 2h because it is hot")


def test_the_room_hears_of_it(say: Talk, bob: Person) -> None:
    say("lock hello in qa")

    assert any("Alice locked hello/qa" in text for text in say.as_(bob).texts())


def test_another_hears_why_they_cannot_deploy_and_what_to_do(
    say: Talk, qa: Environment, dora: Person
) -> None:
    say("lock hello in qa for 2h because we test the search")

    answer = say.as_(dora)("deploy hello to qa")

    assert "⛔ Nothing was done." in answer
    assert "Alice locked hello/qa just now, until " in answer
    assert ", because we test the search." in answer
    assert "alice, dora or maker opens it: unlock hello in qa" in answer


def test_who_holds_it_deploys(say: Talk) -> None:
    say("lock hello in qa")

    say("deploy hello to qa")

    assert the_deployment().status == "queued"


def test_what_runs_and_what_waits_is_said(
    say: Talk, qa: Environment, dora: Person, bob: Person
) -> None:
    running = build.deployment(qa, bob, "a" * 40, status="in_progress")
    waiting = build.deployment(qa, dora, "a" * 40, status="queued")

    answer = say("lock hello in qa")

    assert f"- #{running.pk} by Bob runs, and goes on" in answer
    assert f"- #{waiting.pk} by Dora waits until it is unlocked" in answer


def test_status_says_who_holds_it(say: Talk) -> None:
    say("lock hello in qa")

    answer = say("status hello")

    assert "nothing yet, locked by Alice" in answer and answer.count("locked by") == 1


def test_what_waits_says_for_whose_lock(say: Talk, qa: Environment, dora: Person) -> None:
    waiting = build.deployment(qa, dora, "a" * 40, status="queued")
    say("lock hello in qa because load test")

    answer = say(f"show #{waiting.pk}")

    assert "is queued: Alice locked hello/qa just now" in answer


def test_who_may_not_deploy_is_told_who_may(say: Talk, qa: Environment, bob: Person) -> None:
    answer = say.as_(bob)("lock hello in qa")

    assert "Bob may not lock hello/qa: it takes a deployer. Ask alice" in answer
    assert not Lock.objects.exists()


def test_a_taken_lock_says_whose_it_is(say: Talk, qa: Environment, dora: Person) -> None:
    say("lock hello in qa because load test")

    answer = say.as_(dora)("lock hello in qa because mine")

    assert "Alice locked hello/qa" in answer and "because load test" in answer
    assert held(qa).reason == "load test"


@pytest.mark.parametrize("line", ["unlock hello in qa", "deploy:unlock hello to qa"])
def test_unlock_opens_it(say: Talk, qa: Environment, line: str) -> None:
    say("lock hello in qa")

    assert say(line).startswith("✔ Alice unlocked hello/qa.")
    assert locks.in_(qa) is None


def test_a_maintainer_opens_anothers_and_says_whose(say: Talk, dora: Person) -> None:
    say("lock hello in qa")

    assert "Dora unlocked hello/qa, which Alice had locked." in say.as_(dora)("unlock hello in qa")


def test_another_deployer_hears_who_opens_it(say: Talk, qa: Environment, dora: Person) -> None:
    service.take(qa, Door(dora, "web"))

    answer = say("unlock hello in qa")

    assert "Alice may not unlock hello/qa: Dora locked hello/qa" in answer
    assert held(qa).person == dora


def test_unlocking_what_is_open_names_what_is_locked(say: Talk, production: Environment) -> None:
    say("lock hello in production")

    answer = say("unlock hello in qa")

    assert "hello/qa is not locked. Nothing was done." in answer
    assert "unlock hello in production" in answer
    assert held(production).released_at is None


def test_an_unlock_delivered_twice_is_answered_alike(say: Talk, alice: Person) -> None:
    say("lock hello in qa")
    say("lock hello in production")
    speaker = Speaker(person=alice, via="chat", place="here", key="1")

    first = unlock(Unlock("hello", "qa"), speaker)

    assert unlock(Unlock("hello", "qa"), speaker) == first


def test_outside_of_a_thread_a_lock_must_name_something(say: Talk) -> None:
    assert "Which app?" in Talk(say.person, say.room)("shipmate lock")
    assert not Lock.objects.exists()


def test_in_a_thread_lock_is_about_its_place(say: Talk, qa: Environment) -> None:
    say("deploy hello to qa")

    say.in_thread()("lock")

    assert held(qa).released_at is None


def test_locks_lists_where_who_until_and_why(say: Talk) -> None:
    say("lock hello in qa for 2h because load test")
    say("lock hello in production")

    answer = say("locks")

    assert "hello/qa" in answer and "load test" in answer
    assert "hello/production" in answer and "it is unlocked" in answer


def test_locks_says_that_there_is_none(say: Talk) -> None:
    assert "Nothing is locked." in say("shipmate locks")


def test_locks_of_apps_that_the_room_may_not_hear_go_to_the_speaker_alone(
    say: Talk, bob: Person
) -> None:
    other = build.application("other", Path("/nowhere/other.git"))
    room = rooms.chat_room(say.room)
    assert room is not None
    room.applications.add(other)
    say("lock hello in qa")

    say("locks")

    assert not any("Locked:" in text for text in say.as_(bob).texts())


def test_listing_costs_the_same_for_one_lock_and_for_many(
    say: Talk, alice: Person, django_assert_max_num_queries: Any
) -> None:
    for environment in Environment.objects.all():
        service.take(environment, Door(alice, "web"))

    with django_assert_max_num_queries(2):
        locks_(Locks(), Speaker(person=alice, via="chat", place="here"))
