"""How far a person has read, and what is new to them."""

from __future__ import annotations

import pytest
from django.db import IntegrityError
from django.test import Client
from django.utils import timezone

from bots import reading
from bots.models import Post, ReadMark
from deployments.models import Person
from tests.bots.talking import Talk, newest, the_deployment
from tests.deployments import build

ROOM = "/flow/deploys/"


def new_in_room(person: Person) -> int:
    return reading.rooms(person)[0].new


def thread() -> Post:
    return Post.objects.get(deployment=the_deployment())


def test_what_others_say_is_new_until_the_room_is_opened(
    say: Talk, as_bob: Client, bob: Person
) -> None:
    say("hello")
    assert new_in_room(bob) == 1

    as_bob.get(ROOM)

    assert new_in_room(bob) == 0


def test_ones_own_words_are_not_new(say: Talk) -> None:
    say("hello")
    say("deploy hello to qa")

    assert new_in_room(say.person) == 0


def test_a_deployment_by_somebody_else_is_new_once(say: Talk, bob: Person) -> None:
    say("deploy hello to qa")

    assert new_in_room(bob) == 2  # the line, and the deployment that came of it


def test_what_was_said_before_somebody_came_is_not_new(say: Talk) -> None:
    say("hello")
    eve = build.person("eve")
    Person.objects.filter(pk=eve.pk).update(date_joined=timezone.now())
    eve.refresh_from_db()

    assert new_in_room(eve) == 0


def test_a_thread_is_unread_until_it_is_opened(say: Talk, as_bob: Client, bob: Person) -> None:
    say("deploy hello to qa")
    say.in_thread()("does this carry the fix?")
    assert reading.threads_unread(bob) == 1

    as_bob.get(f"{ROOM}{thread().pk}/")

    assert reading.threads_unread(bob) == 0


def test_to_read_the_room_is_not_to_read_its_threads(
    say: Talk, as_bob: Client, bob: Person
) -> None:
    say("deploy hello to qa")
    say.in_thread()("does this carry the fix?")

    as_bob.get(ROOM)

    assert reading.threads_unread(bob) == 1


def test_private_answers_are_new_to_nobody(say: Talk, bob: Person) -> None:
    say("deploy hello to prodution")

    assert new_in_room(bob) == 1  # the line, not its answer


def test_a_script_says_what_was_seen(say: Talk, as_bob: Client, bob: Person) -> None:
    say("one")
    first = newest()
    say("two")

    assert as_bob.post(f"{ROOM}seen/", {"last": first}).status_code == 204
    assert new_in_room(bob) == 1


def test_a_mark_never_goes_back_nor_past_what_is_there(say: Talk, bob: Person) -> None:
    say("one")
    first = newest()
    say("two")
    reading.mark(bob, say.room, None, 2**62)
    reading.mark(bob, say.room, None, first)

    assert ReadMark.objects.get().last == newest()


@pytest.mark.parametrize("last", ["", "x", "-1", "9" * 30])
def test_nonsense_marks_nothing(say: Talk, as_bob: Client, last: str) -> None:
    assert as_bob.post(f"{ROOM}seen/", {"last": last}).status_code == 204
    assert not ReadMark.objects.exists()


def test_a_page_fetched_ahead_is_not_seen(say: Talk, as_bob: Client, bob: Person) -> None:
    say("hello")

    as_bob.get(ROOM, headers={"Sec-Purpose": "prefetch"})

    assert new_in_room(bob) == 1


def test_the_inbox_alone_is_not_the_room(say: Talk, as_bob: Client, bob: Person) -> None:
    say("hello")

    as_bob.get("/flow/")

    assert new_in_room(bob) == 1


def test_a_line_stands_before_what_is_new(say: Talk, as_bob: Client) -> None:
    say("one")
    as_bob.get(ROOM)
    say("two")

    text = as_bob.get(ROOM).content.decode()

    assert text.index(">one<") < text.index("New since you were here") < text.index(">two<")
    assert "New since you were here" not in as_bob.get(ROOM).content.decode()


def test_the_tab_the_list_and_the_inbox_count_what_is_new(say: Talk, as_bob: Client) -> None:
    say("deploy hello to qa")
    say.in_thread()("does this carry the fix?")

    text = as_bob.get("/flow/").content.decode()

    assert "<title>(3) Team inbox" in text
    assert '<span class="count">2<span class="vh"> unread' in text
    assert 'class=" unread" data-row' in text


def test_there_is_one_mark_for_a_person_and_a_room(say: Talk, bob: Person) -> None:
    ReadMark.objects.create(person=bob, room=say.room)

    with pytest.raises(IntegrityError):
        ReadMark.objects.create(person=bob, room=say.room)
