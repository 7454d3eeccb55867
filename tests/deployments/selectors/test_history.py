"""What the history finds, and for whom."""

from __future__ import annotations

import contextlib
from datetime import timedelta

import pytest
from django.db.models import QuerySet
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from deployments.exceptions import Refused
from deployments.models import Application, Deployment, Environment, Person
from deployments.selectors import history, lookup, reading
from deployments.selectors.asked import ask
from deployments.services import indexing
from tests.deployments import build

pytestmark = pytest.mark.slow

A, B = "a" * 40, "b" * 40


@pytest.fixture
def made(qa: Environment, production: Environment, alice: Person, dora: Person) -> list[int]:
    """One that succeeded in qa, two that failed in production; the first two have logs."""
    first = build.live(qa, alice, A, subject="Begin", why="because of the fair")
    second = build.deployment(
        production, dora, B, status="failure", ref="fix/login", note="connection refused"
    )
    third = build.deployment(
        production, alice, A, status="error", kind="retry", forced=True, via="chat", parent=first
    )
    build.log(first, "Collecting wheel\nInstalled Ünicode-1.2\n")
    build.log(second, "GET /healthz\npsycopg.OperationalError: 100% timeout\n", host="web-2")
    build.phase(second, "build", 0, "success", "failure")
    indexing.catch_up()
    return [first.pk, second.pk, third.pk]


def found(person: Person, query: str) -> list[int]:
    return sorted(one.pk for one in history.find(person, query).deployments)


@pytest.mark.parametrize(
    ("query", "places"),
    [
        ("", [0, 1, 2]),
        ("app:hello", [0, 1, 2]),
        ("APP:Hello env:prod", [1, 2]),
        ("-app:hello", []),
        ("env:qa", [0]),
        ("env:qa,production", [0, 1, 2]),
        ("-env:qa", [1, 2]),
        ("state:failure", [1]),
        ("state:failed", [1, 2]),
        ("state:failure,success", [0, 1]),
        ("state:failure state:success", [0, 1]),
        ("-state:success", [1, 2]),
        ("state:partly", []),
        ("by:alice", [0, 2]),
        ("by:me", [0, 2]),
        ("by:@Dora", [1]),
        ("-by:dora", [0, 2]),
        ("by:alice state:failed", [2]),
        ('"connection refused"', [1]),
        ("connection refused", [1]),
        ("connection fair", []),
        ("fair", [0]),
        ("begin", [0]),
        ("-begin", [1, 2]),
        ("FIX/LOGIN", [1]),
        ("ref:login", [1]),
        ("-ref:login", [0, 2]),
        ("ref:mai", [0, 2]),
        ("sha:BBBB", [1]),
        ("-sha:bbbb", [0, 2]),
        ("bbbbbbb", [1]),
        ("dora", [1]),
        ("task:deploy", [0, 1, 2]),
        ("is:forced", [2]),
        ("is:retry via:chat", [2]),
        ("cause:web", [0, 1]),
        ("kind:retry", [2]),
        ("host:hello-production-2", [1]),
        ("-host:hello-production-1", [0, 2]),
        ("since:1h", [0, 1, 2]),
        ("until:1h", []),
        ("since:today until:today", [0, 1, 2]),
        ("since:2001-01-01 until:2002-01-01", []),
        # In the logs
        ("operationalerror", [1]),
        ("erationalerr", [1]),
        ('"operationalerror: 100% time"', [1]),
        ("collecting", [0]),
        ("collecting begin", [0]),
        ("collecting -begin", []),
        ("-collecting", [1, 2]),
        ("ünicode", [0]),
        ("collecting operationalerror", []),
        ("10_%", []),
    ],
)
def test_each_term_narrows_what_is_found(
    made: list[int], alice: Person, query: str, places: list[int]
) -> None:
    assert found(alice, query) == [made[place] for place in places]


def test_a_number_finds_its_deployment(made: list[int], alice: Person) -> None:
    assert made[1] in found(alice, f"#{made[1]}")


def test_everything_that_is_not_understood_is_told_at_once(made: list[int], alice: Person) -> None:
    query = (
        "app:moon env:mars state:great by:nobody since:ever color:red is:odd host:web-9 task:rest"
    )

    with pytest.raises(Refused) as refused:
        history.find(alice, query)

    assert len(refused.value.reasons) == 9
    assert "There is no app “moon”. There is: hello." in refused.value.reasons


def test_the_nearest_right_name_is_told(made: list[int], alice: Person) -> None:
    with pytest.raises(Refused, match="Did you mean “production”"):
        history.find(alice, "env:prodution")
    with pytest.raises(Refused, match="Did you mean “hello-qa-1”"):
        history.find(alice, "host:hello-qa-7")


def test_an_environment_called_like_an_abbreviation_is_found(
    hello: Application, alice: Person
) -> None:
    dev = build.environment(hello, "dev")

    made = build.deployment(dev, alice, A)

    assert found(alice, "env:dev") == [made.pk]


def test_an_environment_is_found_by_an_alias_of_its_own(
    hello: Application, qa: Environment, alice: Person
) -> None:
    live = build.environment(hello, "live", aliases=["www", "shop"])

    made = build.deployment(live, alice, A)

    assert found(alice, "env:shop") == [made.pk]


def test_a_host_that_is_gone_is_still_found(made: list[int], alice: Person) -> None:
    production = Environment.objects.get(name="production")
    production.placements.get(host__name="hello-production-2").host.delete()

    assert found(alice, "host:hello-production-2") == [made[1]]


def test_a_query_that_goes_on_and_on_is_refused(alice: Person) -> None:
    with pytest.raises(Refused, match="at most 500"):
        history.find(alice, "x" * 501)


def test_who_sees_nothing_finds_nothing(made: list[int], charlie: Person) -> None:
    assert found(charlie, "") == []
    assert found(charlie, "collecting") == []


def test_what_a_person_may_not_see_is_not_found_by_any_way(
    made: list[int], alice: Person, hello: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    def only_qa(person: Person) -> QuerySet[Environment]:
        return Environment.objects.filter(name="qa")

    monkeypatch.setattr(lookup, "environments_for", only_qa)

    assert found(alice, "") == [made[0]]
    assert found(alice, "operationalerror") == []
    assert found(alice, "-state:success") == []
    with pytest.raises(Refused, match="There is no environment “production”"):
        history.find(alice, "env:production")
    with pytest.raises(Refused, match="There is no host"):
        history.find(alice, "host:hello-production-2")


def test_old_ones_are_left_out_by_time(made: list[int], alice: Person) -> None:
    long_ago = timezone.now() - timedelta(days=8)
    Deployment.objects.filter(pk=made[0]).update(created_at=long_ago)

    assert found(alice, "since:7d") == made[1:]
    assert found(alice, "until:7d") == made[:1]


def test_what_is_said_of_a_deployment_is_found_as_it_is_now(made: list[int], alice: Person) -> None:
    Deployment.objects.filter(pk=made[1]).update(note="name resolution")

    assert found(alice, "resolution") == [made[1]]
    assert found(alice, '"connection refused"') == []


# ---- Pages ----


@pytest.fixture
def many(qa: Environment, alice: Person) -> list[int]:
    rows = [build.deployment(qa, alice, A, why=f"fair {number}") for number in range(7)]
    return [row.pk for row in reversed(rows)]


def numbers(page: history.Page) -> list[int]:
    return [one.pk for one in page.deployments]


@pytest.mark.parametrize("query", ["", "fair", "env:qa"])
def test_pages_go_back_and_forth(many: list[int], alice: Person, query: str) -> None:
    first = history.find(alice, query, limit=3)
    second = history.find(alice, query, before=first.older or 0, limit=3)
    last = history.find(alice, query, before=second.older or 0, limit=3)
    back = history.find(alice, query, after=last.newer or 0, limit=3)
    front = history.find(alice, query, after=back.newer or 0, limit=3)

    assert [numbers(one) for one in (first, second, last)] == [many[:3], many[3:6], many[6:]]
    assert (first.newer, last.older) == (None, None)
    assert numbers(back) == many[3:6]
    assert numbers(front) == many[:3]
    assert (front.newer, front.older) == (None, many[2])


def test_ranges_that_grow_miss_nothing(
    many: list[int], alice: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "FIRST", 1)
    monkeypatch.setattr(reading, "FIRST_OF_TEXTS", 1)

    assert found(alice, "fair") == sorted(many)
    assert numbers(history.find(alice, "", after=many[-1], limit=5)) == many[1:6]


def test_all_that_is_found_comes_a_few_at_a_time(many: list[int], alice: Person) -> None:
    read = list(history.pages(ask(alice, "fair"), 3))

    assert [[one.pk for one in page] for page in read] == [many[:3], many[3:6], many[6:]]


@pytest.mark.parametrize("query", ["", "env:qa state:success", "by:alice fair since:7d"])
def test_queries_do_not_grow_with_what_is_found(
    many: list[int],
    qa: Environment,
    alice: Person,
    query: str,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    with django_assert_max_num_queries(10):
        for one in history.find(alice, query).deployments:
            assert str(one.environment) and str(one.person)


@pytest.mark.django_db
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(query=st.text(max_size=60))
def test_any_query_is_answered_or_refused(alice: Person, query: str) -> None:
    with contextlib.suppress(Refused):
        assert found(alice, query) == []


# ---- Slips ----


@pytest.mark.parametrize(
    ("query", "line"),
    [
        ("by:alcie state:failed", "search by:alice state:failed"),
        ("by:@alicee", "search by:@alice"),
        ("app:helo env:prodution fair", "search app:hello env:production fair"),
    ],
)
def test_a_slip_is_answered_with_the_query_that_was_meant(
    alice: Person, production: Environment, query: str, line: str
) -> None:
    with pytest.raises(Refused) as refused:
        history.find(alice, query)

    assert refused.value.lines == (line,)


@pytest.mark.parametrize("query", ["by:zebra", "app:helo by:zebra", "color:red app:helo"])
def test_where_nobody_can_tell_what_was_meant_nothing_is_offered(
    alice: Person, production: Environment, query: str
) -> None:
    with pytest.raises(Refused) as refused:
        history.find(alice, query)

    assert refused.value.lines == ()


def test_a_stranger_is_not_told_who_is_here(alice: Person, production: Environment) -> None:
    with pytest.raises(Refused) as refused:
        history.find(Person(username="stranger"), "by:alcie")

    assert refused.value.lines == () and "alice" not in str(refused.value)
