"""Deployments a week, of all that a person may see."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from deployments.models import Environment, Person, Tally
from deployments.services.tallies import week_of

pytestmark = pytest.mark.slow  # looks at a page


def text(client: Client, address: str = "/weeks/") -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def tally(environment: Environment, weeks_ago: int, **fields: int) -> None:
    week = week_of(timezone.now()) - timedelta(weeks=weeks_ago)
    Tally.objects.create(environment=environment, week=week, **fields)


def test_each_week_is_told_apart_by_environment(
    as_bob: Client, qa: Environment, production: Environment
) -> None:
    tally(qa, 0, succeeded=3, failed=1)
    tally(production, 0, succeeded=2)
    tally(production, 1, succeeded=7, cancelled=1)

    page = text(as_bob)

    assert ": 2 production, 4 qa</title>" in page and ": 8 production, 0 qa</title>" in page
    assert 'hello</a></th><td class="num">12</td><td class="num">1</td>' in page


def test_what_is_older_is_not_told(as_bob: Client, qa: Environment) -> None:
    tally(qa, 12, succeeded=3)

    assert "Nothing has ended in these 12 weeks" in text(as_bob)


def test_many_environments_are_told_together(as_bob: Client, qa: Environment) -> None:
    for number in range(7):
        other = Environment.objects.create(
            application=qa.application, name=f"e{number}", position=number + 2
        )
        tally(other, 0, succeeded=1)

    assert "5 others" in text(as_bob)


def test_the_part_for_the_board_is_only_the_charts(as_bob: Client, qa: Environment) -> None:
    part = text(as_bob, "/weeks/?part=charts")

    assert part.startswith('<div class="charts">') and "<html" not in part


def test_the_number_of_queries_does_not_grow(
    as_bob: Client,
    alice: Person,
    qa: Environment,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for count in (1, 20):
        for number in range(count):
            name = f"e{count}-{number}"
            tally(Environment.objects.create(application=qa.application, name=name), 0, failed=1)

        with django_assert_num_queries(5):
            text(as_bob)
