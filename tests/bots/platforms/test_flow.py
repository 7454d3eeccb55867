"""The built-in chat keeps the contract of all platforms."""

from __future__ import annotations

import pytest

from bots import conversation
from bots.messages import Message, from_json, phrase
from bots.models import Post, Room
from bots.platforms import PLATFORMS, platform
from bots.platforms.contract import Place
from deployments.models import Change, Person
from tests.bots.platforms.contract import PlatformContract, Seen
from tests.bots.talking import shown
from tests.deployments.services.queueing import drain

pytestmark = pytest.mark.slow


class FlowDriver:
    """People in a room of the built-in chat."""

    def __init__(self, room: Room) -> None:
        self.room = room

    def say(self, person: Person, text: str, *, thread: str = "", again: str = "") -> None:
        parent = Post.objects.get(pk=int(thread)) if thread else None
        conversation.say(person, self.room, text, parent=parent, key=again)
        drain("chat")

    def sees(self, person: Person) -> list[Seen]:
        posts = Post.objects.filter(room=self.room, person=None)
        mine = [post for post in posts if post.only_for in (None, person)]
        return [Seen(str(p.pk), str(p.parent_id or ""), shown(p), lines(p)) for p in mine]


def lines(post: Post) -> tuple[str, ...]:
    return tuple(button.line for button in from_json(post.message or {}).buttons)


class TestFlow(PlatformContract):
    @pytest.fixture
    def chat(self, room: Room) -> FlowDriver:
        return FlowDriver(room)


@pytest.mark.parametrize("name", PLATFORMS)
def test_every_platform_can_be_made(name: str) -> None:
    assert platform(name).abilities.threads in (True, False)


def test_sending_the_same_key_twice_says_it_once(room: Room) -> None:
    first = platform("flow").send(Place("deploys"), Message(parts=phrase("One")), key="k")
    again = platform("flow").send(Place("deploys"), Message(parts=phrase("One")), key="k")

    assert first == again
    assert Post.objects.count() == 1


def test_live_pages_hear_of_what_was_sent_and_edited(room: Room) -> None:
    flow, said = platform("flow"), Message(parts=phrase("One"))

    number = flow.send(Place("deploys"), said, key="k")
    flow.edit(Place("deploys"), number, Message(parts=phrase("Two")))
    flow.edit(Place("deploys"), number, Message(parts=phrase("Two")))

    assert list(Change.objects.values_list("topic", flat=True)) == [f"room-{room.pk}"] * 2
