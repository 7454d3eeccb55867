"""A yes counts once, from whom the bot asked, there, in time, for exactly what was asked."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone

from bots.handlers import asking
from bots.models import Question
from bots.speaker import Speaker
from deployments.exceptions import Invalid
from deployments.models import Deployment, Environment, Person
from tests.bots.talking import Talk, the_deployment
from tests.deployments import build


@pytest.fixture
def asked(say: Talk, production: Environment, alice: Person) -> Talk:
    """The bot waits for alice, in the room, to roll back production."""
    build.live(production, alice, "a" * 40)
    build.live(production, alice, "b" * 40)
    say("rollback hello in production")
    return say


def rollbacks() -> int:
    return Deployment.objects.filter(kind="rollback").count()


def ago(**time: int) -> None:
    Question.objects.update(asked_at=timezone.now() - timedelta(**time))


def code() -> str:
    return Question.objects.values_list("code", flat=True)[0]


def test_a_yes_counts_once(asked: Talk) -> None:
    asked("yes")
    assert asked("yes") == ""

    assert rollbacks() == 1


def test_a_no_leaves_it(asked: Talk) -> None:
    assert "Left alone: `rollback hello in production to #" in asked("no")
    asked("yes")

    assert rollbacks() == 0


def test_nobody_else_can_answer(asked: Talk, dora: Person) -> None:
    assert asked.as_(dora)("yes") == ""
    assert "no open question" in asked.as_(dora)(f"yes {code()}")

    assert rollbacks() == 0


def test_it_is_answered_where_it_was_asked(asked: Talk) -> None:
    asked("deploy hello to qa")

    assert asked.in_thread()("yes") == ""
    assert rollbacks() == 0


def test_after_two_minutes_a_yes_is_told_that_it_is_late(asked: Talk) -> None:
    ago(minutes=2, seconds=1)

    assert "The two minutes are over. Nothing was done" in asked("yes")
    assert asked("yes") == ""
    assert rollbacks() == 0


def test_after_an_hour_a_yes_is_talk(asked: Talk) -> None:
    ago(hours=2)

    assert asked("yes") == ""


def test_a_button_answers_its_own_question_only(asked: Talk) -> None:
    old = code()
    asked("deploy hello")  # asks another question here

    assert "no open question" in asked(f"yes {old}")
    assert Deployment.objects.count() == 2

    asked(f"yes {code()}")
    assert the_deployment().kind == "deploy"


def test_the_buttons_of_a_question_say_its_code(asked: Talk) -> None:
    answer = asked("rollback hello in production")

    assert f"Next: yes {code()} · no {code()}" in answer


def test_of_two_yeses_at_once_one_counts(asked: Talk) -> None:
    speaker = Speaker(asked.person, "chat", f"flow:{asked.room.pk}:", key="first")
    asking.take(speaker)

    with pytest.raises(Invalid, match="no open question"):
        asking.take(replace(speaker, key="second"))


def test_the_same_yes_delivered_again_finds_its_question(asked: Talk) -> None:
    speaker = Speaker(asked.person, "chat", f"flow:{asked.room.pk}:", key="first")

    assert asking.take(speaker) == asking.take(speaker)


def test_other_words_are_no_answer(asked: Talk) -> None:
    asked("no way")
    asked("yes, later")

    assert rollbacks() == 0
    asked("yes")
    assert rollbacks() == 1
