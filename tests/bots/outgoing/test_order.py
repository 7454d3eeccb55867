"""Messages of a thread go out in order; a room that fails is nothing to the others."""

from __future__ import annotations

import itertools

import pytest

from bots import outgoing, tasks
from bots.models import ChatRoom, ChatThread, Post, Room
from bots.platforms.contract import Undelivered
from deployments.models import Deployment, Person
from deployments.services import comments
from tests.bots.outgoing.sending import pauses_are_over, queue
from tests.bots.platforms.line import LinePlatform
from tests.bots.talking import shown
from tests.deployments import build
from tests.deployments.services.queueing import drain

pytestmark = pytest.mark.slow


def test_in_a_thread_what_failed_holds_up_those_behind_it(
    line: LinePlatform, deployment: Deployment, bob: Person
) -> None:
    line.breaks = iter(["", "before", *[""] * 9])
    comments.add(deployment, bob, "one", via="web")
    comments.add(deployment, bob, "two", via="web")
    drain("chat")
    assert line.texts("1") == []

    pauses_are_over()
    outgoing.deliver(ChatThread.objects.get())

    assert line.texts("1") == ["one", "two"]


def test_a_fault_of_ours_holds_them_up_as_well(
    line: LinePlatform, deployment: Deployment, bob: Person
) -> None:
    line.breaks, line.error = iter(["", "before", *[""] * 9]), ValueError()
    comments.add(deployment, bob, "one", via="web")
    comments.add(deployment, bob, "two", via="web")
    drain("chat")
    assert line.texts("1") == []

    pauses_are_over()
    outgoing.deliver(ChatThread.objects.get())

    assert line.texts("1") == ["one", "two"]


def test_those_behind_it_go_on_when_it_is_given_up(
    line: LinePlatform, deployment: Deployment, bob: Person
) -> None:
    line.breaks = iter(["", "before", *[""] * 9])
    line.error = Undelivered("It is too long.", permanent=True)
    comments.add(deployment, bob, "one", via="web")
    comments.add(deployment, bob, "two", via="web")

    drain("chat")

    assert line.texts("1") == ["two"]


def test_an_answer_that_fails_holds_up_nobody_else(line: LinePlatform, there: ChatRoom) -> None:
    line.breaks, line.error = iter(["before", *[""] * 9]), ValueError()
    queue(there, "one", "two", only_for="U1")
    queue(there, "three", only_for="U2")

    drain("chat")

    assert line.texts() == ["three"]


def test_edits_that_nobody_has_seen_become_one(line: LinePlatform, deployment: Deployment) -> None:
    tasks.tell(deployment.pk)
    drain("chat")
    for status in ("in_progress", "success"):
        build.change(deployment, new=status)
        Deployment.objects.update(status=status)
        tasks.tell(deployment.pk)

    before = line.calls
    drain("chat")

    assert line.calls - before == 3  # the head once, and two steps
    assert line.texts()[0].startswith("Alice deployed hello")


def test_addresses_are_whole_for_those_who_read_them_outside(
    line: LinePlatform, deployment: Deployment
) -> None:
    tasks.tell(deployment.pk)

    drain("chat")

    assert "http://127.0.0.1:8000/apps/hello/" in line.texts()[0]


def test_one_room_that_fails_is_nothing_to_the_others(
    line: LinePlatform, deployment: Deployment, room: Room, alice: Person
) -> None:
    line.breaks = itertools.repeat("before")
    comments.add(deployment, alice, "one", via="web")

    drain("chat")

    assert [shown(post) for post in Post.objects.filter(parent__deployment=deployment)] == ["one"]
    assert line.texts() == []
