"""Take, drain, release, look again: many threads and several workers over a slow, breaking line."""

from __future__ import annotations

import itertools
import random
import threading
from collections.abc import Callable, Iterator
from functools import partial

import pytest
from django.db import connection

from bots import bells, outgoing, rooms, tasks, threads
from bots.models import ChatRoom, ChatThread, Outgoing, Post
from deployments.models import Application, Change, Deployment, Environment, Person
from deployments.services import comments
from tests.bots.platforms import line as lines
from tests.bots.platforms.line import LinePlatform
from tests.bots.talking import shown
from tests.deployments import build

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

SHA = "a" * 40
WORDS = ["one", "two", "three"]
WORKERS, THREADS = 4, 100


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """No room rests, and nobody gives up; who failed lets those behind it come near."""
    monkeypatch.setattr(outgoing, "LONGEST_REST", 0.0)
    for name in ("FIRST_PAUSE", "LONGEST_PAUSE"):
        monkeypatch.setattr(outgoing, name, 0.02)
    monkeypatch.setattr(outgoing, "ATTEMPTS", 1_000)
    for module in (outgoing, threads):
        monkeypatch.setattr(module, "SETTLED", module.SETTLED * 0)
    monkeypatch.setattr(bells, "AGAIN", 0.0)


@pytest.fixture
def line(monkeypatch: pytest.MonkeyPatch, impatient: None) -> Iterator[LinePlatform]:
    """Each call takes a while; of five one breaks before it arrives, one after."""
    with lines.connected(monkeypatch) as connected:
        connected.seconds = 0.003
        connected.breaks = itertools.cycle(["", "before", "", "after", ""])
        yield connected


@pytest.fixture
def made(impatient: None, hello: Application, qa: Environment, alice: Person) -> list[Deployment]:
    return [build.deployment(qa, alice, SHA, status="queued") for _ in range(THREADS)]


def test_each_step_goes_out_once_and_in_order(
    line: LinePlatform, made: list[Deployment], alice: Person
) -> None:
    ChatRoom.objects.create(platform=lines.NAME, external_id="C1", name="ops", told=0)

    together(
        partial(talk, made, alice), *[partial(work, made, number) for number in range(WORKERS)]
    )
    until_all_is_sent(made)

    ids = ChatThread.objects.order_by("deployment").values_list("external_id", flat=True)
    assert [line.texts(thread) for thread in ids] == [WORDS] * THREADS
    assert len(line.texts()) == THREADS
    assert not Outgoing.objects.exclude(state="sent").exists()


def test_in_the_built_in_chat_too(made: list[Deployment], alice: Person) -> None:
    rooms.make("deploys")
    ChatRoom.objects.update(told=0)

    together(
        partial(talk, made, alice), *[partial(work, made, number) for number in range(WORKERS)]
    )
    until_all_is_sent(made)

    posts = Post.objects.order_by("pk")
    said = [[shown(post) for post in posts.filter(parent__deployment=one)] for one in made]
    assert said == [WORDS] * THREADS
    assert posts.filter(parent=None).count() == THREADS


def talk(made: list[Deployment], person: Person) -> None:
    for word in WORDS:
        for deployment in made:
            comments.add(deployment, person, word, via="web")


def work(made: list[Deployment], number: int) -> None:
    """Do what bells ask for, again and again, in an order of one's own."""
    order = random.Random(number)
    for _ in range(3):
        for deployment in order.sample(made, len(made)):
            tasks.tell(deployment.pk)
            for thread in ChatThread.objects.filter(deployment=deployment):
                tasks.deliver_thread(thread.pk)


def until_all_is_sent(made: list[Deployment]) -> None:
    """Go on until nothing is left, as bells and the sweeper have it done."""
    for _ in range(50):
        work(made[:1], 0)
        for deployment in missing(made):
            work([deployment], 0)
        if not missing(made):
            return
    raise AssertionError("Something was never sent")


def missing(made: list[Deployment]) -> list[Deployment]:
    waiting = set(Outgoing.objects.filter(state="waiting").values_list("thread", flat=True))
    shown = set(ChatThread.shown.through.objects.values_list("change", flat=True))
    lacking = set(Change.objects.exclude(pk__in=shown).values_list("deployment", flat=True))
    held = set(ChatThread.objects.filter(pk__in=waiting).values_list("deployment", flat=True))
    return [deployment for deployment in made if deployment.pk in held | lacking]


def together(*doings: Callable[[], None]) -> None:
    """Do all at once, each with a connection of its own."""
    running = [threading.Thread(target=partial(_alone, doing)) for doing in doings]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join(240)
    assert not any(thread.is_alive() for thread in running)


def _alone(doing: Callable[[], None]) -> None:
    try:
        doing()
    finally:
        connection.close()
