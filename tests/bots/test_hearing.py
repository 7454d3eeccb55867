"""What is said in a chat outside: signed, kept, done once, answered there."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection as database
from django.utils import timezone

from bots import accounts, connections, hearing
from bots.messages import Message
from bots.models import ChatAccount, ChatRoom, Incoming, Outgoing
from bots.receive import receive
from deployments.models import Application, Deployment, Environment, Person, Role
from tests.bots.platforms import relay as relays
from tests.bots.platforms.relay import Relay
from tests.bots.talking import goes, the_deployment
from tests.deployments import build
from tests.deployments.services.queueing import drain, lose

MESSAGE = {"id": "m1", "text": "status", "account": {"id": "U1"}, "room": {"id": "R1"}}


@pytest.fixture
def relay(qa: Environment) -> Iterator[Relay]:
    with relays.connected() as made:
        yield made


@pytest.fixture
def alices(relay: Relay, alice: Person) -> ChatAccount:
    """Her account there, tied to her."""
    account = accounts.known(relay.connection, "U1", "alice-there")
    ChatAccount.objects.filter(pk=account.pk).update(person=alice)
    return account


def say(relay: Relay, text: str, **more: str | bool) -> str:
    """Say it, let the workers do their work, and return what was told since."""
    before = len(relay.requests)
    assert relay.say(text, **more).status_code == 202  # type: ignore[arg-type]
    drain("chat")
    return "\n".join(one["text"] for one in relay.requests[before:])


# ---- The door ----


def test_a_signed_message_is_kept_before_it_is_acknowledged(relay: Relay) -> None:
    answer = relay.post(json.dumps(MESSAGE).encode())

    assert (answer.status_code, answer.json()) == (202, {"accepted": "m1", "new": True})
    assert Incoming.objects.get().text == "status"


@pytest.mark.parametrize("wrong", [{"at": 1}, {"secret": "guess"}, {"name": "moon"}])
def test_whatever_is_not_signed_as_it_should_be_is_refused(
    relay: Relay, wrong: dict[str, object]
) -> None:
    answer = relay.post(json.dumps(MESSAGE).encode(), **wrong)  # type: ignore[arg-type]

    assert answer.status_code == 401
    assert not Incoming.objects.exists()


@pytest.mark.parametrize("offset", [-301, 301])
def test_an_old_message_is_refused_and_one_from_the_future(relay: Relay, offset: int) -> None:
    at = time.time() + offset + (1 if offset > 0 else 0)

    assert relay.post(json.dumps(MESSAGE).encode(), at=at).status_code == 401


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"null",
        b"\xff",
        b'{"id": "m"}',
        json.dumps({**MESSAGE, "text": ""}).encode(),
        json.dumps({**MESSAGE, "text": "x" * 10_001}).encode(),
        json.dumps({**MESSAGE, "id": "x" * 201}).encode(),
        json.dumps({**MESSAGE, "account": "U1"}).encode(),
        json.dumps({**MESSAGE, "room": {}}).encode(),
    ],
)
def test_what_is_no_message_is_refused_in_words(relay: Relay, body: bytes) -> None:
    answer = relay.post(body)

    assert answer.status_code == 400
    assert answer.json()["error"]["reasons"]
    assert not Incoming.objects.exists()


def test_what_is_too_large_is_refused_unread(relay: Relay) -> None:
    assert relay.post(b"x" * 65_537).status_code == 413


def test_the_same_message_delivered_twice_counts_once(relay: Relay, alices: ChatAccount) -> None:
    for _ in range(2):
        relay.say("shipmate deploy hello to qa", id="same")
        drain("chat")

    assert Deployment.objects.count() == Incoming.objects.count() == 1


def test_a_message_whose_bell_was_lost_is_answered(relay: Relay, alices: ChatAccount) -> None:
    relay.say("shipmate status")
    lose()
    Incoming.objects.update(created_at="2001-01-01T00:00Z")
    hearing.ring_forgotten()
    drain("chat")

    assert "What runs where" in relay.texts()[0]


def test_a_worker_that_died_over_it_leaves_it_to_another(
    relay: Relay, alices: ChatAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    relay.say("shipmate deploy hello to qa")
    row = Incoming.objects.get()
    with monkeypatch.context() as dying:
        dying.setattr(hearing, "_is_told_by_its_thread", _die)
        with pytest.raises(SystemExit):
            hearing.handle(row)
    Incoming.objects.update(lease_until="2001-01-01T00:00Z")
    hearing.handle(row)

    assert Deployment.objects.count() == 1
    assert Incoming.objects.get().handled_at is not None


def test_a_message_that_another_worker_holds_is_left_to_it(
    relay: Relay, alices: ChatAccount
) -> None:
    relay.say("shipmate deploy hello to qa")
    Incoming.objects.update(lease_until=timezone.now() + timedelta(seconds=9))

    hearing.handle(Incoming.objects.get())

    assert not Deployment.objects.exists()


def test_a_worker_whose_lease_ended_says_nothing_more(
    relay: Relay, alices: ChatAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    say(relay, "shipmate deploy hello to qa")
    relay.say("it looks good to me", thread=next(iter(relay.told)))
    row = Incoming.objects.latest("pk")

    def slow(*given: Any, **named: Any) -> Message | None:
        monkeypatch.undo()
        Incoming.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
        hearing.handle(row)  # another worker
        return receive(*given, **named)

    monkeypatch.setattr(hearing, "receive", slow)
    hearing.handle(row)

    assert the_deployment().comments.count() == 1


def _die(*_: object) -> bool:
    raise SystemExit


# ---- Who ----


def test_an_account_that_is_tied_to_nobody_does_nothing(relay: Relay) -> None:
    answer = say(relay, "shipmate deploy hello to qa")

    assert "I do not know who you are here" in answer and "link" in answer
    assert relay.requests[-1]["only_for"] == "U1"
    assert not Deployment.objects.exists()


def test_it_may_look_where_the_room_may(relay: Relay) -> None:
    assert "hello/qa" in say(relay, "shipmate status")


def test_where_only_some_apps_are_told_it_hears_of_no_other(
    relay: Relay, hello: Application
) -> None:
    say(relay, "shipmate help")
    other = Application.objects.create(name="other", repository=hello.repository)
    ChatRoom.objects.get(connection=relay.connection).applications.add(other)

    assert "hello" not in say(relay, "shipmate status")
    assert "hello" not in say(relay, "shipmate status helo")


def test_alone_with_the_bot_it_hears_nothing(relay: Relay) -> None:
    answer = say(relay, "status", room="D1", direct=True)

    assert "hello" not in answer and "link" in answer


def test_through_a_relay_nobody_does_more_than_its_ceiling(
    relay: Relay, alices: ChatAccount, alice: Person
) -> None:
    Role.objects.filter(person=alice).update(name="admin")
    relay.connection.ceiling = "viewer"
    relay.connection.save()

    assert "Alice may not deploy to hello/qa" in say(relay, "shipmate deploy hello to qa")
    assert not Deployment.objects.exists()


def test_whoever_was_switched_off_is_nobody(
    relay: Relay, alices: ChatAccount, alice: Person
) -> None:
    alice.is_active = False
    alice.save()

    assert "I do not know who you are" in say(relay, "shipmate deploy hello to qa")


def test_one_relay_says_nothing_of_anothers_people(relay: Relay, alices: ChatAccount) -> None:
    alices.connection = connections.make("other", "", "viewer", build.maker())[0]
    alices.save()

    assert "I do not know who you are" in say(relay, "shipmate deploy hello to qa")


# ---- What is said ----


def test_talk_among_people_is_left_alone(relay: Relay, alices: ChatAccount) -> None:
    assert say(relay, "deploy hello to qa") == ""
    assert not Deployment.objects.exists()


def test_a_deployment_is_told_in_a_thread_of_its_room(relay: Relay, alices: ChatAccount) -> None:
    say(relay, "shipmate deploy hello to qa")
    goes(the_deployment(), "in_progress", "success")
    drain("chat")

    head = next(iter(relay.told))
    assert "Alice deployed hello" in relay.told[head]["text"]
    assert relay.told[head]["deployment"] == the_deployment().pk
    assert "Started deploying hello" in relay.texts(thread=head)[0]


def test_words_in_its_thread_are_about_it(relay: Relay, alices: ChatAccount) -> None:
    say(relay, "shipmate deploy hello to qa")
    goes(the_deployment(), "in_progress", "failure", reason="command")
    drain("chat")
    say(relay, "retry", thread=next(iter(relay.told)))

    assert the_deployment().kind == "retry"


def test_other_talk_in_it_is_kept_with_the_deployment(relay: Relay, alices: ChatAccount) -> None:
    say(relay, "shipmate deploy hello to qa")
    told = say(relay, "it looks good to me", thread=next(iter(relay.told)))

    assert told == ""
    assert the_deployment().comments.get().text == "it looks good to me"


def test_a_deployment_asked_for_alone_is_answered_there(relay: Relay, alices: ChatAccount) -> None:
    assert "Alice’s deployment of hello" in say(relay, "deploy hello to qa", room="D1", direct=True)
    assert not relay.texts(room="D1", thread="anything")


def test_mistakes_go_to_who_made_them_alone(relay: Relay, alices: ChatAccount) -> None:
    say(relay, "shipmate deploy hello to qaa")

    assert relay.requests[-1]["only_for"] == "U1"
    assert Outgoing.objects.get(only_for="U1").message == {}  # not kept once it was said


def test_a_token_that_was_typed_is_kept_nowhere(relay: Relay, alices: ChatAccount) -> None:
    answer = say(relay, "shipmate deploy-token:set:github ghp_secret123")

    assert "I kept nothing of it" in answer
    with database.cursor() as cursor:
        cursor.execute("SELECT text FROM bots_incoming")
        assert "ghp_secret123" not in str(cursor.fetchall())


# ---- The line is down ----


def test_while_the_chat_is_away_messages_wait_and_come_in_order(
    relay: Relay, alices: ChatAccount
) -> None:
    relay.answers = iter([503, *[200] * 20])
    say(relay, "shipmate status")
    assert relay.texts() == []
    Outgoing.objects.update(next_at=None)
    ChatRoom.objects.update(rest_until=None)
    say(relay, "shipmate locks")

    assert len(relay.texts()) == 2


def test_a_message_that_is_refused_for_good_is_given_up(relay: Relay, alices: ChatAccount) -> None:
    relay.answers = iter([422])
    say(relay, "shipmate status")

    assert Outgoing.objects.get().state == "failed"


def test_what_shipmate_sends_is_signed(relay: Relay, alices: ChatAccount) -> None:
    say(relay, "shipmate status")
    assert relay.unsigned == 0

    relay.secret = "another"
    relay.post(json.dumps(MESSAGE).encode())
    assert Outgoing.objects.filter(state="waiting").count() == 0


# ---- Signs for the name ----


def test_a_sign_stands_for_the_name_where_the_room_allows_it(
    relay: Relay, alices: ChatAccount, root: Person
) -> None:
    assert say(relay, ".status", id="m1") == ""

    connections.allow_signs(ChatRoom.objects.get(), True, root)

    assert "What runs where" in say(relay, ".status", id="m2")
    assert "What runs where" in say(relay, "!status", id="m3")
    assert say(relay, "...", id="m4") == ""
