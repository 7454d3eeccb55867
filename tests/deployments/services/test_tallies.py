"""How releases went, week by week."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.cache import cache
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from deployments import tasks
from deployments.durations import class_of
from deployments.models import Environment, Person, Tally
from deployments.services import tallies
from deployments.services.moves import move
from tests.deployments import build
from tests.deployments.services.conftest import SHA
from tests.deployments.services.queueing import bells, lose

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _looked_at_long_ago() -> None:
    cache.clear()


def counts() -> list[tuple[int, int, int, int]]:
    return list(Tally.objects.values_list("succeeded", "failed", "cancelled", "tasks"))


def end(environment: Environment, person: Person, status: str, **fields: str) -> None:
    made = build.deployment(environment, person, SHA, status="in_progress", **fields)
    assert move(made, status)


def test_a_week_begins_on_monday() -> None:
    assert tallies.week_of(datetime(2025, 11, 23, 23, tzinfo=UTC)) == date(2025, 11, 17)
    assert tallies.week_of(datetime(2025, 11, 24, 1, tzinfo=UTC)) == date(2025, 11, 24)


def test_what_ends_is_counted_by_how_it_ended(here: Environment, alice: Person) -> None:
    for status in ("success", "success", "failure", "error", "cancelled"):
        end(here, alice, status)

    assert counts() == [(2, 2, 1, 0)]


def test_a_task_releases_nothing_however_it_ends(here: Environment, alice: Person) -> None:
    end(here, alice, "success", task="migrate")
    end(here, alice, "failure", task="migrate")

    assert counts() == [(0, 0, 0, 2)]


def test_how_long_it_took_is_kept_by_class(here: Environment, alice: Person) -> None:
    end(here, alice, "success")  # it began five minutes ago
    end(here, alice, "failure")

    assert Tally.objects.get().took == {class_of(300): 1}


def test_what_does_not_happen_is_not_counted(here: Environment, alice: Person) -> None:
    made = build.deployment(here, alice, SHA, status="in_progress")
    type(made).objects.filter(pk=made.pk).update(epoch=7)

    assert not move(made, "success")
    assert counts() == []


def test_counting_anew_finds_the_same(here: Environment, alice: Person) -> None:
    for status in ("success", "failure", "cancelled"):
        end(here, alice, status)
    end(here, alice, "success", task="migrate")
    before = list(Tally.objects.values("environment", "week", "took", "succeeded", "tasks"))

    tasks.recount()

    assert list(Tally.objects.values("environment", "week", "took", "succeeded", "tasks")) == before
    assert tallies.are_true()


def test_rows_that_came_by_another_way_are_found_missing(here: Environment, alice: Person) -> None:
    old = timezone.now() - timedelta(weeks=3)
    build.deployment(here, alice, SHA, finished_at=old, started_at=old - timedelta(seconds=60))

    tallies.see_to()

    assert bells("chat") == [("deployments.tasks.recount", ())]
    tasks.recount()
    assert Tally.objects.get().week == tallies.week_of(old)


def test_it_is_looked_at_now_and_then_only(
    here: Environment, alice: Person, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    tallies.see_to()
    build.deployment(here, alice, SHA)
    lose("chat")

    with django_assert_num_queries(0):
        tallies.see_to()

    assert bells("chat") == []
