"""What the built-in chat's pages cost, however much was said."""

from __future__ import annotations

import itertools

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from benchmarks import talk
from bots import tasks
from bots.models import Post, Room
from deployments.models import Environment, Person
from tests.bots.talking import Talk, newest, the_deployment
from tests.deployments import build

pytestmark = pytest.mark.slow

ROOM = "/flow/deploys/"


def crowd(environment: Environment, person: Person, threads: int, posts: int) -> None:
    """Fill the room: deployments with a thread and a reply each, and talk."""
    room = Room.objects.get()
    for _ in range(threads):
        made = build.deployment(environment, person, "a" * 40, status="success")
        tasks.tell(made.pk)
        root = Post.objects.get(deployment=made)
        Post.objects.create(room=room, parent=root, person=person, text="Well")
    Post.objects.bulk_create(Post(room=room, person=person, text="Hi") for _ in range(posts))


def cost(client: Client, address: str) -> int:
    """Return the number of queries, once the page was read."""
    client.get(address)
    with CaptureQueriesContext(connection) as queries:
        assert client.get(address).status_code == 200
    return len(queries)


def test_a_new_post_costs_a_live_page_little(say: Talk, as_bob: Client) -> None:
    say("hello")

    assert cost(as_bob, f"{ROOM}?pane=posts&ids={newest()}") == 5


@pytest.mark.parametrize("pane", ["", "?pane=inbox", "?pane=rooms", "?pane=older", "?pane=head"])
def test_queries_do_not_grow_with_posts_and_threads(
    say: Talk, as_bob: Client, production: Environment, pane: str
) -> None:
    crowd(production, say.person, threads=2, posts=2)
    thread = f"{ROOM}{Post.objects.get(deployment=the_deployment()).pk}/"
    few = [cost(as_bob, each + pane) for each in (ROOM, thread)]

    crowd(production, say.person, threads=48, posts=200)

    many = [cost(as_bob, each + pane) for each in (ROOM, thread)]
    # Where no deployment is among the newest, nothing is asked about any.
    assert all(after <= before for after, before in zip(many, few, strict=True))
    assert max(few) <= 27


def pages(made: talk.Talk) -> list[str]:
    room = made.room.get_absolute_url()
    return ["/flow/", "/flow/?unread=1", room, f"{room}{made.thread.pk}/"]


@pytest.mark.slow
def test_with_ten_thousand_posts_they_are_the_same(as_bob: Client, bob: Person) -> None:
    few = [cost(as_bob, page) for page in pages(talk.make("few", 100, bob))]

    many = [cost(as_bob, page) for page in pages(talk.make("many", 10_000, bob))]

    assert many == few


@pytest.mark.slow
@pytest.mark.skipif(connection.vendor != "sqlite", reason="SQLite alone tells them")
def test_with_ten_thousand_posts_the_database_begins_at_what_is_new(
    as_bob: Client, bob: Person
) -> None:
    """To look at all that was ever said takes two million instructions."""
    made = talk.make("many", 10_000, bob)
    talk.has_read(bob, made)

    assert max(instructions(as_bob, page) for page in pages(made)) < 800_000


def instructions(client: Client, address: str) -> int:
    """Return how many instructions SQLite carries out for a page."""
    hundreds = itertools.count(1)
    connection.connection.set_progress_handler(lambda: not next(hundreds), 100)
    client.get(address)
    connection.connection.set_progress_handler(None, 100)
    return 100 * next(hundreds)
