"""Who talks lately, and which chats outside are joined."""

from __future__ import annotations

from datetime import timedelta

from allauth.usersessions.models import UserSession
from django.test import Client
from django.utils import timezone

from bots import around, connections
from bots.models import ChatConnection, ChatRoom, Post
from deployments.models import Person
from tests.bots.talking import Talk
from tests.deployments import build


def connection(name: str, by: Person, *, failures: int = 0, reached: bool = True) -> ChatConnection:
    made, _ = connections.make(name, "https://chat.example.org/", "deployer", by)
    at = timezone.now() if reached else None
    room = {"external_id": "R1", "name": "ops", "reached_at": at, "failures": failures}
    ChatRoom.objects.create(platform="http", connection=made, **room)
    return made


def test_who_spoke_last_stands_first_and_the_reader_not_at_all(say: Talk, bob: Person) -> None:
    carol = build.person("carol")
    say("Good morning.")
    say.as_(bob)("Good morning.")
    say.as_(carol)("Good morning.")
    say.as_(bob)("Anything to release?")

    assert [one.person for one in around.people(say.person)] == [bob, carol]


def test_who_neither_speaks_nor_looks_for_a_while_is_away(say: Talk, bob: Person) -> None:
    say.as_(bob)("Good morning.")
    assert [one.is_away for one in around.people(say.person)] == [False]

    Post.objects.update(created_at=timezone.now() - timedelta(hours=1))
    assert [one.is_away for one in around.people(say.person)] == [True]

    UserSession.objects.create(user=bob, session_key="here", ip="127.0.0.1")
    assert [one.is_away for one in around.people(say.person)] == [False]


def test_who_may_sign_in_no_longer_is_left_out(say: Talk, bob: Person) -> None:
    say.as_(bob)("Good bye.")
    Person.objects.filter(pk=bob.pk).update(is_active=False)

    assert around.people(say.person) == []


def test_a_chat_that_cannot_be_reached_is_lost(db: None) -> None:
    root = build.person("root")
    connection("hubot", root)
    connection("slack", root, failures=2)
    connection("teams", root, reached=False)

    states = [(one.name, one.state) for one in around.joined()]

    assert states == [("hubot", "success"), ("slack", "lost"), ("teams", "queued")]


def test_both_stand_beside_the_rooms(say: Talk, bob: Person, as_alice: Client) -> None:
    connection("slack", build.person("root"), failures=2)
    say.as_(bob)("Good morning.")

    page = as_alice.get("/flow/deploys/").content.decode()

    assert '<a href="/flow/?person=bob">' in page
    assert ">slack, " in page and "/settings/connections/" not in page
