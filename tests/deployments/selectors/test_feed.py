"""Rows appear at COMMIT, not in the order of their ids; none may be lost, none told twice."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import timedelta
from threading import Thread
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from deployments.models import Change, Deployment, Environment, Person
from deployments.selectors import feed
from tests.deployments import build


def test_each_change_is_told_once(alice: Person, qa: Environment) -> None:
    follower = feed.Follower()
    build.deployment(qa, alice, "a" * 40)

    first, second = follower.look(), follower.look()

    assert [news.verb for news in first][-2:] == ["deployment.status"] * 2
    assert second == []


def test_one_that_commits_late_with_a_lower_number_is_told(alice: Person, qa: Environment) -> None:
    made = build.deployment(qa, alice, "a" * 40)
    number = feed.newest() + 1
    build.change(made, "deployment.other", pk=number + 1)
    follower = feed.Follower()
    follower.look()

    build.change(made, "deployment.comment", pk=number)
    Change.objects.filter(pk=number).update(at=timezone.now() - timedelta(seconds=8))

    assert [news.id for news in follower.look()] == [number]


def test_what_is_older_than_the_window_is_not_told(alice: Person, qa: Environment) -> None:
    build.deployment(qa, alice, "a" * 40)
    Change.objects.update(at=timezone.now() - timedelta(seconds=60))

    assert feed.Follower().look() == []


def test_what_was_missed_begins_at_a_number(alice: Person, qa: Environment) -> None:
    build.deployment(qa, alice, "a" * 40)
    Change.objects.update(at=timezone.now() - timedelta(seconds=60))

    assert [news.id for news in feed.since(feed.newest() - 1)] == [feed.newest()]


def test_a_running_deployment_gives_a_sign_when_it_moves(alice: Person, qa: Environment) -> None:
    made = build.deployment(qa, alice, "a" * 40, status="in_progress")
    follower = feed.Follower()
    follower.look()
    Deployment.objects.update(progress=50)

    assert [(news.id, news.deployment) for news in follower.look()] == [(0, made.pk)]
    assert follower.look() == []


@pytest.mark.django_db(transaction=True)
def test_while_nobody_writes_only_that_is_asked(
    alice: Person, qa: Environment, django_assert_num_queries: Any
) -> None:
    made = build.deployment(qa, alice, "a" * 40)
    follower = feed.Follower()
    follower.look_if_moved()
    if connection.vendor == "sqlite":
        with django_assert_num_queries(1):
            assert follower.look_if_moved() == []

    _in_a_thread(lambda: build.change(made, "deployment.comment"))

    assert [news.verb for news in follower.look_if_moved()] == ["deployment.comment"]


def _in_a_thread(write: Callable[[], object]) -> None:
    """Write over another connection."""

    def closing() -> None:
        write()
        connection.close()

    thread = Thread(target=closing)
    thread.start()
    thread.join()


@pytest.mark.skipif(connection.vendor != "sqlite", reason="SQLite alone counts what it does")
def test_a_long_past_is_not_read_again_and_again(alice: Person, qa: Environment) -> None:
    made = build.deployment(qa, alice, "a" * 40)
    old = [Change(deployment=made, verb="deployment.status") for _ in range(3_000)]
    Change.objects.bulk_create(old)
    Change.objects.update(at=timezone.now() - timedelta(hours=1))
    build.change(made, "deployment.comment")
    follower = feed.Follower()

    assert instructions(follower.look) < 3_000
    assert instructions(lambda: feed.since(feed.newest() - 1)) < 3_000


def instructions(ask: Callable[[], object]) -> int:
    """Return how many instructions SQLite carries out, to within ten."""
    tens = itertools.count(1)
    connection.connection.set_progress_handler(lambda: not next(tens), 10)
    ask()
    connection.connection.set_progress_handler(None, 10)
    return 10 * next(tens)
