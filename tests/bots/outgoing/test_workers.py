"""Workers that stop, lose what they held, and go on; the sweeper rings for what was lost."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from bots import outgoing, tasks
from bots.models import ChatRoom, ChatThread, Outgoing, Post, Room
from deployments.models import Deployment, Environment, Person
from deployments.services import comments
from tests.bots.dying import deaths, much_later, survives
from tests.bots.outgoing.sending import message, pauses_are_over, queue
from tests.bots.platforms.line import LinePlatform
from tests.bots.talking import goes
from tests.deployments import build
from tests.deployments.services import queueing
from tests.deployments.services.queueing import drain

pytestmark = pytest.mark.slow

SHA = "a" * 40


def test_a_room_that_another_holds_is_left_to_it(line: LinePlatform, there: ChatRoom) -> None:
    queue(there, "one")
    ChatRoom.objects.update(lease_until=timezone.now() + timedelta(seconds=9))

    drain("chat")

    assert line.calls == 0


def test_who_was_stopped_for_long_leaves_no_old_head(
    line: LinePlatform, deployment: Deployment
) -> None:
    """Its edit arrives after that of who took over: the head is brought up to date once more."""
    tasks.tell(deployment.pk)
    drain("chat")
    goes(deployment, "in_progress")
    build.change(deployment, new="stopping")
    Deployment.objects.update(stop_at=timezone.now())

    def meanwhile() -> None:
        ChatThread.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
        Deployment.objects.update(status="success", finished_at=timezone.now())
        build.change(deployment, new="success")
        drain("chat")
        tasks.tell(deployment.pk)
        drain("chat")
        assert "Alice deployed hello" in line.texts()[0]

    line.meanwhile = meanwhile
    tasks.tell(deployment.pk)
    drain("chat")
    assert "is being cancelled" in line.texts()[0]
    much_later()

    assert "Alice deployed hello" in line.texts()[0]


def test_here_who_lost_the_thread_says_nothing_more(
    room: Room, qa: Environment, alice: Person
) -> None:
    thread, row = taken(build.deployment(qa, alice, SHA, status="queued"))
    ChatThread.objects.update(epoch=7)  # taken over

    with pytest.raises(outgoing.Lost):
        outgoing._send(thread, row)

    assert not Post.objects.exists()


def test_outside_who_lost_the_thread_sends_nothing_more(
    line: LinePlatform, deployment: Deployment
) -> None:
    thread, row = taken(deployment)
    ChatThread.objects.update(epoch=7)  # taken over

    with pytest.raises(outgoing.Lost):
        outgoing._send(thread, row)

    assert line.calls == 0


def taken(deployment: Deployment) -> tuple[ChatThread, Outgoing]:
    """Take a thread whose head waits to be sent."""
    thread = ChatThread.objects.create(room=ChatRoom.objects.get(), deployment=deployment)
    row = outgoing.queue_message(thread.room, message("one"), key="one", thread=thread)
    assert outgoing._take(thread)
    return thread, Outgoing.objects.select_related("room__connection", "thread").get(pk=row.pk)


def test_an_unconfirmed_head_is_brought_up_to_date(
    line: LinePlatform, deployment: Deployment
) -> None:
    line.breaks = iter(["after", *[""] * 9])
    tasks.tell(deployment.pk)
    drain("chat")
    Deployment.objects.update(status="success")
    build.change(deployment, new="success")
    tasks.tell(deployment.pk)

    pauses_are_over()
    drain("chat")

    assert line.texts()[0].startswith("Alice deployed hello")


def test_a_worker_may_die_at_any_moment(
    line: LinePlatform, deployment: Deployment, bob: Person
) -> None:
    comments.add(deployment, bob, "one", via="web")
    comments.add(deployment, bob, "two", via="web")

    def tell() -> None:
        tasks.tell(deployment.pk)
        tasks.deliver_thread(ChatThread.objects.get().pk)

    def attempt(word: int) -> bool:
        line.said.clear()
        survived = survives(tell, word)
        much_later()
        assert [len(line.texts()), *line.texts("1")] == [1, "one", "two"], f"killed at word {word}"
        return survived

    assert deaths(attempt) > 30


def test_a_lost_bell_is_rung_again(line: LinePlatform, there: ChatRoom) -> None:
    queue(there, "one")

    much_later()

    assert line.texts() == ["one"]


def test_what_was_only_just_queued_has_its_own_bell(there: ChatRoom) -> None:
    queue(there, "one")
    queueing.lose("chat")

    outgoing.ring_due()

    assert queueing.bells("chat") == []


@pytest.mark.parametrize("what", ["pause", "rest", "sent", "held"])
def test_nobody_is_rung_for_what_is_not_due(there: ChatRoom, what: str) -> None:
    queue(there, "one")
    queueing.lose("chat")
    later = timezone.now() + timedelta(minutes=1)
    Outgoing.objects.update(waits_since=timezone.now() - timedelta(minutes=1))
    if what == "sent":
        Outgoing.objects.update(state="sent")
    if what == "pause":
        Outgoing.objects.update(next_at=later)
    if what == "rest":
        ChatRoom.objects.update(rest_until=later)
    if what == "held":
        ChatRoom.objects.update(lease_until=later)

    outgoing.ring_due()

    assert queueing.bells("chat") == []
