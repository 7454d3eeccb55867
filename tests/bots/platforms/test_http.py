"""Signed HTTP keeps the contract of all platforms, seen from the chat at its other end."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest
from django.utils import timezone

from bots import accounts, outgoing
from bots.messages import Message, from_json, phrase
from bots.models import ChatAccount, ChatConnection, ChatRoom, Outgoing
from bots.platforms import platform
from bots.platforms.contract import Place, Undelivered
from deployments.models import Person
from tests.bots.platforms import relay as relays
from tests.bots.platforms.contract import OutsideContract, Seen
from tests.bots.platforms.relay import Relay
from tests.deployments.services.queueing import drain

pytestmark = pytest.mark.slow


class RelayDriver:
    """People in a chat behind a relay, each with an account that was tied to them."""

    def __init__(self, relay: Relay) -> None:
        self.relay = relay

    def say(self, person: Person, text: str, *, thread: str = "", again: str = "") -> None:
        account = accounts.known(self.relay.connection, person.username, str(person))
        ChatAccount.objects.filter(pk=account.pk).update(person=person)
        more = {"id": again} if again else {}
        assert self.relay.say(text, person.username, "R1", thread, **more).status_code == 202
        drain("chat")

    def sees(self, person: Person) -> list[Seen]:
        told = self.relay.told.items()
        mine = [(key, one) for key, one in told if one["only_for"] in ("", person.username)]
        return [Seen(key, one["thread"], one["text"], lines(one["message"])) for key, one in mine]

    def says_a_stranger(self, text: str) -> list[str]:
        before = len(self.relay.requests)
        self.relay.say(text, "U-stranger")
        drain("chat")
        return [one["text"] for one in self.relay.requests[before:]]

    def breaks(self) -> None:
        self.relay.answers = itertools.repeat(503)

    def is_back(self) -> None:
        self.relay.answers = itertools.repeat(200)
        Outgoing.objects.update(next_at=None, waits_since=timezone.now() - outgoing.LEASE)
        ChatRoom.objects.update(rest_until=None)
        outgoing.ring_due()
        drain("chat")


def lines(message: dict[str, object]) -> tuple[str, ...]:
    return tuple(button.line for button in from_json(message).buttons)


@pytest.fixture
def relay(db: None) -> Iterator[Relay]:
    with relays.connected() as made:
        yield made


class TestHttp(OutsideContract):
    @pytest.fixture
    def chat(self, relay: Relay) -> RelayDriver:
        return RelayDriver(relay)


def place(relay: Relay) -> Place:
    return Place("R1", connection=relay.connection)


def test_the_relay_gives_the_message_its_id(relay: Relay) -> None:
    sent = platform("http").send(place(relay), Message(parts=phrase("One")), key="k")

    assert sent == "r-k"
    assert relay.told["r-k"]["text"] == "One"


def test_a_relay_that_gives_none_may_use_the_key(relay: Relay) -> None:
    relay.take = lambda *_: (200, {"id": 7})  # type: ignore[method-assign]

    assert platform("http").send(place(relay), Message(parts=phrase("One")), key="k") == "k"


@pytest.mark.parametrize(
    ("status", "permanent"), [(500, False), (503, False), (429, False), (404, False), (422, True)]
)
def test_what_is_not_taken_is_tried_again_unless_it_never_will_be(
    relay: Relay, status: int, permanent: bool
) -> None:
    relay.answers = iter([status])

    with pytest.raises(Undelivered) as failed:
        platform("http").send(place(relay), Message(parts=phrase("One")), key="k")
    assert failed.value.permanent is permanent


def test_a_relay_that_is_not_there_is_away(relay: Relay) -> None:
    relay.connection.url = "http://127.0.0.1:1/"

    with pytest.raises(Undelivered, match="does not answer") as failed:
        platform("http").send(place(relay), Message(parts=phrase("One")), key="k")
    assert not failed.value.permanent


def test_without_an_address_nothing_is_sent(db: None) -> None:
    with pytest.raises(Undelivered, match="no address"):
        platform("http").edit(Place("R1", connection=ChatConnection()), "1", Message())
