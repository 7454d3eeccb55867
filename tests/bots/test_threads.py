"""A thread shows each step once and in order, whoever brings it up to date and however often."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from django.db import OperationalError, connection, transaction
from django.utils import timezone

from bots import bells, platforms, rooms, tasks, threads
from bots.models import ChatRoom, ChatThread, Post, Room
from deployments import changes
from deployments.models import Application, Change, Deployment, Environment, Person
from deployments.services import comments
from tests.bots.dying import deaths, much_later, survives
from tests.bots.platforms.shaky import Broken
from tests.bots.talking import shown
from tests.deployments import build
from tests.deployments.services import queueing

pytestmark = pytest.mark.slow

SHA = "a" * 40
SHAKY = "tests.bots.platforms.shaky.ShakyPlatform"


@pytest.fixture
def deployment(room: Room, qa: Environment, alice: Person) -> Deployment:
    return build.deployment(qa, alice, SHA, status="queued")


def steps(deployment: Deployment) -> list[str]:
    """Return what stands in the thread."""
    found = Post.objects.filter(parent__deployment=deployment)
    return [shown(post).split("\n")[0] for post in found.order_by("pk")]


def heads(deployment: Deployment) -> list[str]:
    return [shown(post)[0] for post in Post.objects.filter(deployment=deployment)]


def test_the_head_comes_first_and_follows_in_place(deployment: Deployment) -> None:
    tasks.tell(deployment.pk)
    build.change(deployment, old="queued", new="in_progress")
    Deployment.objects.update(status="in_progress", lease_until=timezone.now() + timedelta(9))
    tasks.tell(deployment.pk)

    assert heads(deployment) == ["↻"]
    assert steps(deployment) == ["↻ Started deploying hello to qa (/apps/hello/qa/)"]


def test_telling_twice_says_it_once(deployment: Deployment) -> None:
    build.change(deployment, "deployment.taken_over")

    tasks.tell(deployment.pk)
    tasks.tell(deployment.pk)

    assert steps(deployment) == [
        "⚠ Its worker fell silent; another goes on from where the hosts are."
    ]


def test_who_asks_to_cancel_is_named(deployment: Deployment, alice: Person) -> None:
    build.change(deployment, "deployment.stopping", person=alice)

    tasks.tell(deployment.pk)

    assert steps(deployment) == ["□ Alice asked to cancel it."]


def test_a_step_that_is_committed_late_is_shown_once(deployment: Deployment) -> None:
    late = build.change(deployment, "deployment.taken_over")
    Change.objects.filter(pk=late.pk).delete()  # its transaction is still open
    build.change(deployment, "deployment.stopping", person=deployment.person)
    tasks.tell(deployment.pk)

    late.save(force_insert=True)
    tasks.tell(deployment.pk)
    tasks.tell(deployment.pk)

    assert [step[0] for step in steps(deployment)] == ["□", "⚠"]


def test_a_thread_that_another_holds_is_left_to_it(deployment: Deployment) -> None:
    tasks.tell(deployment.pk)
    build.change(deployment, "deployment.taken_over")
    ChatThread.objects.update(lease_until=timezone.now() + timedelta(seconds=9))

    tasks.tell(deployment.pk)

    assert steps(deployment) == []


def test_who_lost_the_thread_sends_nothing_more(deployment: Deployment) -> None:
    thread = ChatThread.objects.create(room=ChatRoom.objects.get(), deployment=deployment)
    ChatThread.objects.update(epoch=7)  # taken over

    with pytest.raises(threads.Lost):
        threads._keep(thread)


def test_a_room_tells_only_its_own_apps(room: Room, qa: Environment, alice: Person) -> None:
    other = build.application("other", Path("/nowhere/other.git"))
    ChatRoom.objects.get().applications.add(other)
    deployment = build.deployment(qa, alice, SHA, status="queued")

    tasks.tell(deployment.pk)
    threads.ring_behind()

    assert heads(deployment) == []
    assert queueing.bells("chat") == []


def test_each_room_has_its_own_thread(deployment: Deployment) -> None:
    rooms.make("ops")

    tasks.tell(deployment.pk)

    assert heads(deployment) == ["◔", "◔"]


def test_what_is_no_news_rings_nobody(deployment: Deployment) -> None:
    with transaction.atomic():
        changes.record("deployment.other", deployment=deployment)

    assert queueing.bells("chat") == []


def test_a_lost_bell_is_rung_again_by_the_sweeper(deployment: Deployment) -> None:
    much_later()

    assert heads(deployment) == ["◔"]


def test_who_is_up_to_date_is_left_alone(deployment: Deployment) -> None:
    tasks.tell(deployment.pk)
    Change.objects.update(at=timezone.now() - timedelta(minutes=1))

    threads.ring_behind()

    assert queueing.bells("chat") == []


def test_a_worker_may_die_at_any_moment(deployment: Deployment, bob: Person) -> None:
    build.change(deployment, "deployment.taken_over")
    comments.add(deployment, bob, "Hello", via="web")

    def attempt(word: int) -> bool:
        survived = survives(partial(tasks.tell, deployment.pk), word)
        much_later()
        told = (heads(deployment), [step[0] for step in steps(deployment)])
        assert told == (["◔"], ["⚠", "H"]), f"killed at word {word}"
        return survived

    assert deaths(attempt) > 10


@pytest.mark.django_db(transaction=True)
def test_twenty_threads_at_once_over_a_shaky_line(
    monkeypatch: pytest.MonkeyPatch, hello: Application, qa: Environment, alice: Person
) -> None:
    """Two workers and a person beside them; each step once, in order, none missing."""
    monkeypatch.setitem(platforms.PLATFORMS, "shaky", SHAKY)
    rooms.make("deploys")
    ChatRoom.objects.update(platform="shaky")
    made = [build.deployment(qa, alice, SHA, status="queued") for _ in range(20)]

    together(partial(talk, made, alice), *[partial(tell, made, count) for count in (1, 2, 3)])
    for deployment in made:
        until_told(deployment)

    assert [steps(deployment) for deployment in made] == [["one", "two", "three"]] * 20
    assert [heads(deployment) for deployment in made] == [["◔"]] * 20


def talk(made: list[Deployment], person: Person) -> None:
    for word in ("one", "two", "three"):
        for deployment in made:
            comments.add(deployment, person, word, via="web")


def tell(made: list[Deployment], count: int) -> None:
    """Bring all threads up to date again and again, in an order of one's own."""
    for turn in range(4):
        for number in range(len(made)):
            one = made[(number * count + turn) % len(made)]
            with suppress(Broken, OperationalError):
                tasks.tell(one.pk)


def until_told(deployment: Deployment) -> None:
    """Tell it until nothing is missing. Nobody else is at it, but a lease may be left of one."""
    for _ in range(50):
        ChatThread.objects.filter(deployment=deployment).update(lease_until=None)
        tasks.tell(deployment.pk)
        thread = ChatThread.objects.filter(deployment=deployment).first()
        if thread is not None and not threads._unshown(thread).exists():
            return
    raise AssertionError(f"{deployment} was never told")


def together(*doings: Callable[[], None]) -> None:
    """Do all at once, each with a connection of its own."""

    def do(doing: Callable[[], None]) -> None:
        try:
            doing()
        finally:
            connection.close()

    running = [threading.Thread(target=do, args=(doing,)) for doing in doings]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join(120)


def test_bells_are_rung_again_after_a_while(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    bells.ring_forgotten("bots.tasks.tell", [1])
    monkeypatch.setattr(bells, "AGAIN", 0.0)

    bells.ring_forgotten("bots.tasks.tell", [1])

    assert len(queueing.bells("chat")) == 2
