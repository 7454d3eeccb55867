"""What the composer is given at each key."""

from __future__ import annotations

import pytest
from django.test import Client

from bots.models import Post
from deployments.models import Application
from tests.bots.talking import Talk, the_deployment

pytestmark = pytest.mark.slow

ADDRESS = "/flow/-/suggest/"


def test_the_answer_is_a_list_of_options(as_alice: Client, hello: Application) -> None:
    text = as_alice.get(ADDRESS, {"text": "deploy he"}).content.decode()

    assert text.count('role="option"') == 1
    assert 'data-insert="hello " data-typed="2"' in text
    assert "<b>he</b>llo" in text


def test_where_nothing_fits_the_answer_is_empty(as_alice: Client, hello: Application) -> None:
    assert as_alice.get(ADDRESS, {"text": "hello there"}).status_code == 204
    assert as_alice.get(ADDRESS, {"text": "x" * 50_000}).status_code == 204


def test_in_a_thread_its_words_are_offered(say: Talk, as_alice: Client) -> None:
    say("deploy hello to qa")
    root = Post.objects.get(deployment=the_deployment())

    text = as_alice.get(ADDRESS, {"text": "c", "thread": str(root.pk)}).content.decode()

    assert "It has not begun; no host is touched." in text


def test_a_thread_that_is_not_there_is_a_room(as_alice: Client, say: Talk) -> None:
    say("hello")

    for given in (Post.objects.latest("pk").pk, 2**62, "x", ""):
        assert as_alice.get(ADDRESS, {"text": "ro", "thread": str(given)}).status_code == 200


def test_a_comment_is_offered_people_and_nothing_else(as_alice: Client, hello: Application) -> None:
    address = f"{ADDRESS}people/"

    named = as_alice.get(address, {"text": "@al"}).content.decode()

    assert 'data-insert="@alice "' in named
    assert as_alice.get(address, {"text": "@"}).content.decode().count("shipmate") == 0
    assert as_alice.get(address, {"text": "deploy he"}).status_code == 204


def test_a_stranger_is_offered_nothing(client: Client, hello: Application) -> None:
    assert client.get(ADDRESS, {"text": "deploy "}).status_code == 302


def test_more_apps_take_no_more_questions(  # type: ignore[no-untyped-def]
    as_alice: Client, hello: Application, django_assert_max_num_queries
) -> None:
    for number in range(30):
        Application.objects.create(name=f"app-{number}", repository=hello.repository)

    with django_assert_max_num_queries(6):
        text = as_alice.get(ADDRESS, {"text": "deploy "}).content.decode()

    assert text.count("<li ") == 8
