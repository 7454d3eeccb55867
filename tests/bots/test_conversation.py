"""What is said in the built-in chat: kept first, done once, answered once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import OperationalError
from django.utils import timezone

from bots import conversation, rooms, tasks
from bots.messages import Message
from bots.models import Post, Room
from bots.receive import receive
from deployments.exceptions import Invalid
from deployments.models import Change, Comment, Deployment, Person
from deployments.services import comments
from tests.bots.dying import deaths, much_later, survives
from tests.bots.talking import Talk, goes, the_deployment
from tests.deployments.services import queueing

pytestmark = pytest.mark.slow


def test_a_line_in_a_room_needs_no_name(say: Talk) -> None:
    assert "◔ Alice’s deployment of hello" in say("deploy hello to qa")
    assert the_deployment().via == "chat"


def test_the_answer_to_a_deploy_is_its_threads_head(say: Talk) -> None:
    say("deploy hello to qa")

    assert len(say.texts()) == 2
    assert say.in_thread().thread is not None


def test_a_room_that_does_not_tell_the_app_answers_itself(say: Talk) -> None:
    elsewhere = Room.objects.create(slug="elsewhere", name="elsewhere")

    assert "is queued: #" in Talk(say.person, elsewhere)("deploy hello to qa")


def test_refusals_are_heard_by_the_speaker_alone(say: Talk, bob: Person) -> None:
    answer = say.as_(bob)("deploy hello to qa")

    assert "Bob may not deploy to hello/qa: it takes a deployer. Ask alice" in answer
    assert say.texts() == ["deploy hello to qa"]


def test_a_near_miss_offers_the_line_that_was_meant(say: Talk, bob: Person) -> None:
    assert "- `deploy hello to production`" in say("deploy hello to prodution")
    assert say.as_(bob).texts() == ["deploy hello to prodution"]
    assert not Deployment.objects.exists()


def test_talk_is_no_business_of_the_bot(say: Talk) -> None:
    assert say("show me the code") == ""
    assert say("yes") == ""


def test_bob_may_talk_and_ask(say: Talk, bob: Person) -> None:
    assert "hello/production" in say.as_(bob)("status")


# ---- In a thread ----


def test_a_word_that_is_the_whole_message_acts_in_a_thread(say: Talk) -> None:
    say("deploy hello to qa")
    goes(the_deployment(), "in_progress", "failure")

    assert "Retrying as #" in say.in_thread()("retry")
    assert the_deployment().kind == "retry"


def test_a_button_says_its_line_in_the_thread(say: Talk) -> None:
    say("deploy hello to qa")
    thread = say.in_thread()

    assert "was cancelled by Alice" in thread(f"cancel #{the_deployment().pk}")


def test_other_talk_in_a_thread_is_a_comment(say: Talk) -> None:
    say("deploy hello to qa")

    assert say.in_thread()("retry looks risky to me, does it not?") != ""
    assert say.in_thread()("does this carry the fix?") == ""
    assert [comment.text for comment in Comment.objects.all()] == [
        "retry looks risky to me, does it not?",
        "does this carry the fix?",
    ]


def test_a_comment_from_the_page_appears_in_the_thread_once(say: Talk, bob: Person) -> None:
    say("deploy hello to qa")
    comments.add(the_deployment(), bob, "From the page", via="web")
    queueing.drain("chat")

    assert say.in_thread().texts() == ["From the page"]
    assert Post.objects.get(text="From the page").person == bob


def test_a_comment_from_a_thread_is_not_told_there_again(say: Talk) -> None:
    say("deploy hello to qa")
    say.in_thread()("From the thread")
    goes(the_deployment(), "in_progress")

    assert [text[:8] for text in say.in_thread().texts()] == ["From the", "↻ Starte"]


def test_a_comment_from_one_rooms_thread_is_told_in_the_other_room(say: Talk) -> None:
    other = Talk(say.person, rooms.make("ops"))
    say("deploy hello to qa")

    say.in_thread()("From the first room")

    assert other.in_thread().texts() == ["From the first room"]


def test_commands_are_no_comments(say: Talk) -> None:
    say("deploy hello to qa")
    say.in_thread()("log")

    assert not Comment.objects.exists()


# ---- Once ----


def test_the_same_key_says_it_once(say: Talk, room: Room) -> None:
    first = conversation.say(say.person, room, "hello", key="k")

    assert conversation.say(say.person, room, "hello", key="k") == first
    assert queueing.bells("chat") == [("bots.tasks.handle", (first.pk,))]


def test_another_persons_key_is_another_key(say: Talk, room: Room, bob: Person) -> None:
    first = conversation.say(say.person, room, "hello", key="k")

    assert conversation.say(bob, room, "hello", key="k") != first


@pytest.mark.parametrize("text", ["", "  ", "\x00", "x" * 10_001])
def test_nothing_and_too_much_cannot_be_said(text: str, alice: Person, room: Room) -> None:
    with pytest.raises(Invalid, match="between 1 and 10,000"):
        conversation.say(alice, room, text)


def test_a_bell_that_rings_twice_does_it_once(say: Talk) -> None:
    say("deploy hello to qa")
    said = Post.objects.get(text="deploy hello to qa")

    tasks.handle(said.pk)

    assert Deployment.objects.count() == 1


def test_a_post_that_another_worker_holds_is_left_to_it(say: Talk, room: Room) -> None:
    post = conversation.say(say.person, room, "deploy hello to qa")
    Post.objects.update(lease_until=timezone.now() + timedelta(seconds=9))

    tasks.handle(post.pk)

    assert not Deployment.objects.exists()


@pytest.mark.parametrize("line", ["show", "does this carry the fix?"])
def test_a_worker_whose_lease_ended_says_nothing_more(
    line: str, say: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    say("deploy hello to qa")
    thread = say.in_thread()
    post = conversation.say(say.person, say.room, line, parent=thread.thread)

    def slow(*given: Any, **named: Any) -> Message | None:
        monkeypatch.undo()
        Post.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
        tasks.handle(post.pk)  # another worker
        return receive(*given, **named)

    monkeypatch.setattr(conversation, "receive", slow)
    tasks.handle(post.pk)

    answers = len(thread.texts()) - 1
    assert (answers, the_deployment().comments.count()) == ((1, 0) if line == "show" else (0, 1))


# ---- Whatever dies ----


@pytest.mark.parametrize(
    "line", ["deploy hello to qa", "does this carry the fix?", "cancel", "why", "yes"]
)
def test_a_worker_may_die_at_any_moment(say: Talk, line: str) -> None:
    """At the first word to the database, at the second, and so on to the end."""
    say("deploy hello to production")
    goes(the_deployment(), "in_progress")
    thread = say.in_thread()
    thread("cancel")  # asks, so that a yes means something

    def attempt(word: int) -> bool:
        post = conversation.say(say.person, say.room, line, parent=thread.thread)
        survived = survives(partial(tasks.handle, post.pk), word)
        much_later()
        assert result(post) == EXPECTED[line], f"killed at word {word}"
        return survived

    assert deaths(attempt) > 5


# How many there are then: deployments, answers to the line, comments, steps in the thread.
EXPECTED = {
    "deploy hello to qa": (2, 1, 0, 1),
    "does this carry the fix?": (1, 0, 1, 1),
    "cancel": (1, 1, 0, 1),
    "why": (1, 1, 0, 1),
    "yes": (1, 0, 0, 2),
}


def result(post: Post) -> tuple[int, int, int, int]:
    return (
        Deployment.objects.count(),
        Post.objects.filter(key=f"answer:{post.pk}").count(),
        Comment.objects.count(),
        Post.objects.filter(key__startswith="step:").count(),
    )


def test_a_lost_bell_rings_again_but_not_at_every_turn(say: Talk, room: Room) -> None:
    conversation.say(say.person, room, "deploy hello to qa")
    queueing.lose("chat")
    Post.objects.update(created_at=timezone.now() - timedelta(seconds=5))

    conversation.ring_forgotten()
    conversation.ring_forgotten()

    assert len(queueing.bells("chat")) == 1


def test_a_fault_of_ours_is_said_and_not_tried_for_ever(
    say: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(conversation, "receive", broken(ZeroDivisionError()))

    assert "Shipmate failed over this" in say("deploy hello to qa")
    assert not Post.objects.filter(conversation.waiting()).exists()


def test_a_database_that_is_away_is_tried_again(
    say: Talk, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    post = conversation.say(say.person, room, "deploy hello to qa")
    with monkeypatch.context() as broken_now:
        broken_now.setattr(conversation, "receive", broken(OperationalError()))
        tasks.handle(post.pk)

    much_later()

    assert Deployment.objects.count() == 1


def test_somebody_switched_off_meanwhile_is_refused(say: Talk, room: Room) -> None:
    post = conversation.say(say.person, room, "deploy hello to qa")
    say.person.is_active = False
    say.person.save(update_fields=["is_active"])

    tasks.handle(post.pk)

    assert not Deployment.objects.exists()
    assert Post.objects.filter(key=f"answer:{post.pk}").exists()


def test_live_pages_hear_of_what_was_said_and_answered(say: Talk) -> None:
    say("status")

    told = Change.objects.filter(verb="flow.post", topic=f"room-{say.room.pk}")
    said = Post.objects.order_by("pk").values_list("pk", flat=True)
    assert list(told.order_by("pk").values_list("subject", flat=True)) == list(map(str, said))


def broken(error: Exception) -> Callable[..., None]:
    def receive(*_: object, **__: object) -> None:
        raise error

    return receive
