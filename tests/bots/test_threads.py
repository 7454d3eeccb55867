"""A thread shows each step once and in order, whoever brings it up to date and however often."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from django.db import transaction
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from bots import bells, rooms, tasks, threads
from bots.models import ChatRoom, ChatThread, Post, Room
from deployments import changes
from deployments.models import Change, Deployment, Environment, Person
from deployments.services import comments
from tests.bots.dying import deaths, much_later, survives
from tests.bots.talking import shown
from tests.deployments import build
from tests.deployments.services import queueing

pytestmark = pytest.mark.slow

SHA = "a" * 40
QUERIES = 38


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


def test_what_failed_leads_to_the_line_where_it_broke(deployment: Deployment) -> None:
    build.phase(deployment, "build", 0, "failure")
    build.log(deployment, "$ make\nERROR: no rule\n", host="hello-qa-1")
    Deployment.objects.update(status="failure", note="make ended with 2")
    build.change(deployment, old="in_progress", new="failure")
    tasks.tell(deployment.pk)

    assert f"(line 2 (/deployments/{deployment.pk}/?at=2#L2))" in steps(deployment)[-1]


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


def test_what_a_host_could_not_end_is_told_until_it_has_looked(deployment: Deployment) -> None:
    left = "web-1: processes are left that could not be ended: 41"
    build.change(deployment, "deployment.doubt", subject="web-1", note=left)
    tasks.tell(deployment.pk)
    build.change(deployment, "deployment.doubt", subject="web-1")
    tasks.tell(deployment.pk)

    assert steps(deployment) == [f"⚠ {left}", "⚠ web-1 looked again: nothing is left."]


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


def test_a_lack_is_found_however_old_it_is(deployment: Deployment) -> None:
    Change.objects.update(at=timezone.now() - timedelta(days=9))

    threads.ring_behind()
    threads.ring_behind()

    assert queueing.bells("chat") == [("bots.tasks.tell", (deployment.pk,))]


def test_what_was_told_is_not_looked_at_again(deployment: Deployment) -> None:
    tasks.tell(deployment.pk)
    Change.objects.update(at=timezone.now() - timedelta(hours=1))
    newest = Change.objects.order_by("-pk")[0].pk

    threads.ring_behind()

    assert ChatRoom.objects.get().told == newest


def test_ids_that_appear_late_are_waited_for(deployment: Deployment) -> None:
    tasks.tell(deployment.pk)
    before = ChatRoom.objects.get().told
    Change.objects.update(at=timezone.now() - timedelta(minutes=5))

    threads.ring_behind()

    assert ChatRoom.objects.get().told == before


def test_a_new_room_hears_nothing_of_the_past(deployment: Deployment) -> None:
    Change.objects.update(at=timezone.now() - timedelta(minutes=1))
    rooms.make("ops")
    ChatRoom.objects.filter(name="deploys").delete()

    threads.ring_behind()

    assert queueing.bells("chat") == []


def test_telling_takes_a_small_number_of_queries(
    deployment: Deployment, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    tasks.tell(deployment.pk)
    build.change(deployment, "deployment.taken_over")

    with django_assert_max_num_queries(QUERIES):
        tasks.tell(deployment.pk)


def test_bells_are_rung_again_after_a_while(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    bells.ring_forgotten("bots.tasks.tell", [1])
    monkeypatch.setattr(bells, "AGAIN", 0.0)

    bells.ring_forgotten("bots.tasks.tell", [1])

    assert len(queueing.bells("chat")) == 2
