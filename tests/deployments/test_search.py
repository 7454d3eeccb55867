"""The grammar of the history, and what it finds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from deployments import search
from deployments.exceptions import Refused
from deployments.models import Deployment, Environment, Person
from deployments.search import Term
from tests.deployments import build

A, B = "a" * 40, "b" * 40


@pytest.fixture
def history(qa: Environment, production: Environment, alice: Person, dora: Person) -> list[int]:
    """One that succeeded in qa, two that failed in production."""
    first = build.live(qa, alice, A, subject="Begin", why="because of the fair")
    second = build.deployment(
        production, dora, B, status="failure", ref="fix/login", note="connection refused"
    )
    third = build.deployment(production, alice, A, status="error", kind="retry", forced=True)
    return [first.pk, second.pk, third.pk]


def found(person: Person, query: str) -> list[int]:
    return sorted(search.find(person, query).values_list("pk", flat=True))


@pytest.mark.parametrize(
    ("query", "places"),
    [
        ("", [0, 1, 2]),
        ("app:hello", [0, 1, 2]),
        ("APP:Hello env:prod", [1, 2]),
        ("env:qa", [0]),
        ("state:failure", [1]),
        ("state:failed", [1, 2]),
        ("state:success", [0]),
        ("by:alice", [0, 2]),
        ("by:@Dora", [1]),
        ("by:alice state:failed", [2]),
        ('"connection refused"', [1]),
        ("connection fair", []),
        ("fair", [0]),
        ("begin", [0]),
        ("FIX/LOGIN", [1]),
        ("ref:login", [1]),
        ("sha:BBBB", [1]),
        ("bbbbbbb", [1]),
        ("dora", [1]),
        ("is:forced", [2]),
        ("is:retry via:web", [2]),
        ("kind:retry", [2]),
        ("since:1h", [0, 1, 2]),
        ("until:1h", []),
        ("since:2001-01-01 until:2002-01-01", []),
    ],
)
def test_each_term_narrows_what_is_found(
    history: list[int], alice: Person, query: str, places: list[int]
) -> None:
    assert found(alice, query) == [history[place] for place in places]


def test_a_number_finds_its_deployment(history: list[int], alice: Person) -> None:
    assert history[1] in found(alice, f"#{history[1]}")


def test_everything_that_is_not_understood_is_told_at_once(
    history: list[int], alice: Person
) -> None:
    query = "app:moon env:mars state:great by:nobody since:ever color:red is:odd"

    with pytest.raises(Refused) as refused:
        search.find(alice, query)
    assert len(refused.value.reasons) == 7
    assert "There is no app “moon”. There is: hello." in refused.value.reasons
    assert any("There is: app, env, state" in reason for reason in refused.value.reasons)


def test_who_sees_nothing_finds_nothing(history: list[int], charlie: Person) -> None:
    assert found(charlie, "") == []


def test_old_ones_are_left_out_by_time(history: list[int], alice: Person) -> None:
    long_ago = timezone.now() - timedelta(days=8)
    Deployment.objects.filter(pk=history[0]).update(created_at=long_ago)

    assert found(alice, "since:7d") == history[1:]
    assert found(alice, "until:7d") == history[:1]


def test_a_date_is_one_of_the_persons_own_zone(alice: Person) -> None:
    alice.time_zone = "Asia/Tokyo"

    assert search.moment("2026-11-24", alice) == datetime(2026, 11, 23, 15, tzinfo=UTC)


def test_quotes_hold_words_together() -> None:
    assert search.terms('a:"b c" "d e" f "') == [
        Term("a", "b c"),
        Term("", "d e"),
        Term("", "f"),
        Term("", '"'),
    ]


def test_a_query_that_goes_on_and_on_is_refused(alice: Person) -> None:
    with pytest.raises(Refused, match="at most 500"):
        search.find(alice, "x" * 501)


@given(st.text(max_size=300))
def test_no_query_breaks_it(query: str) -> None:
    assert isinstance(search.terms(query), list)


@pytest.mark.django_db
@pytest.mark.parametrize("query", ["since:99999w", "sha:%", "#99999999999999999999", "\x00"])
def test_odd_words_find_nothing_or_are_refused(alice: Person, query: str) -> None:
    try:
        assert found(alice, query) == []
    except Refused:
        assert query.startswith("since:")


@pytest.mark.django_db
@pytest.mark.parametrize(
    "query",
    ["by:\x00", "since:0000", "until:9999-12-31T23:59-12:00", "since:0001-01-01T00:00+14:00"],
)
def test_odd_values_are_refused(alice: Person, query: str) -> None:
    with pytest.raises(Refused):
        search.find(alice, query)
