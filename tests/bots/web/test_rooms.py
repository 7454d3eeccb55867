"""The pages on which rooms are made and told which apps may be spoken of."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.test import Client

from bots import rooms
from bots.models import ChatRoom, Post, Room
from deployments.models import Application, Change, Person
from tests.bots.talking import Talk
from tests.deployments import build

pytestmark = pytest.mark.slow

ROOMS = "/flow/-/rooms/"


@pytest.fixture
def other(hello: Application) -> Application:
    return build.application("other", Path("/srv/git/other"))


def told(slug: str) -> list[str]:
    known = ChatRoom.objects.get(platform="flow", external_id=slug)
    return [app.name for app in known.applications.all()]


def test_a_maintainer_makes_a_room_for_an_app(as_dora: Client, hello: Application) -> None:
    given = {"slug": "ops", "name": "Operations", "applications": [hello.name]}

    answer = as_dora.post(ROOMS, given)

    assert answer["Location"] == "/flow/ops/"
    assert Room.objects.get(slug="ops").name == "Operations"
    assert told("ops") == ["hello"]
    assert Change.objects.filter(verb="room.added", subject="ops", new="hello").exists()


def test_a_deployer_makes_no_room(as_alice: Client) -> None:
    answer = as_alice.post(ROOMS, {"slug": "ops", "name": "Operations"})

    assert answer.status_code == 403
    assert "it takes a maintainer" in answer.content.decode()
    assert not Room.objects.exists()


def test_a_deployer_sees_the_rooms_and_whom_to_ask(as_alice: Client, room: Room) -> None:
    text = as_alice.get(ROOMS).content.decode()

    assert "may be told of every app" in text
    assert "New room" not in text


@pytest.mark.parametrize("slug", ["-", "Ops", "ops.web", "deploys", "a" * 64, ""])
def test_a_name_that_cannot_be_used_is_refused_in_words(
    as_dora: Client, room: Room, slug: str
) -> None:
    answer = as_dora.post(ROOMS, {"slug": slug, "name": "Operations"})

    assert answer.status_code == 200
    assert "errorlist" in answer.content.decode()
    assert Room.objects.count() == 1


def test_the_apps_of_a_room_change_and_are_recorded(
    as_dora: Client, room: Room, hello: Application
) -> None:
    as_dora.post(f"{ROOMS}deploys/", {"name": "Deploys", "applications": [hello.name]})

    assert told("deploys") == ["hello"]
    change = Change.objects.get(verb="room.changed")
    assert (change.old, change.new) == ("all apps", "hello")


def test_a_deployer_changes_no_room(as_alice: Client, room: Room) -> None:
    assert as_alice.get(f"{ROOMS}deploys/").status_code == 403
    assert as_alice.post(f"{ROOMS}deploys/", {"name": "Mine"}).status_code == 403
    assert Room.objects.get().name == "deploys"


# ---- What may be told ----


@pytest.fixture
def only_other(room: Room, other: Application, root: Person) -> None:
    rooms.change(room, "deploys", [other], root)


@pytest.mark.parametrize("line", ["deploy hello to qa", "why hello in qa", "status"])
def test_what_a_room_may_not_be_told_is_answered_to_the_speaker_alone(
    say: Talk, only_other: None, bob: Person, line: str
) -> None:
    assert say(line) != ""
    assert say.as_(bob).texts() == [line]


def test_what_a_room_may_be_told_is_answered_to_all(
    say: Talk, only_other: None, other: Application, bob: Person
) -> None:
    build.environment(other, "production")

    say("status other")

    assert len(say.as_(bob).texts()) == 2


def test_a_deployment_has_no_thread_where_its_app_may_not_be_told(
    say: Talk, only_other: None
) -> None:
    say("deploy hello to qa")

    assert not Post.objects.filter(deployment__isnull=False).exists()


@pytest.mark.parametrize("app", ["9" * 20, "nowhere", "'"])
def test_an_app_that_is_not_there_is_refused_in_words(
    as_dora: Client, room: Room, app: str
) -> None:
    answer = as_dora.post(f"{ROOMS}deploys/", {"name": "Deploys", "applications": [app]})

    assert answer.status_code == 200 and "is not one of the available choices" in (
        answer.content.decode()
    )
