"""The grammar of the history, by itself."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployments import search
from deployments.exceptions import Invalid
from deployments.search import Query, Term

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
TOKYO = ZoneInfo("Asia/Tokyo")
PIECES = st.sampled_from(
    [
        "app:",
        "state:failure",
        "-",
        '"',
        ",",
        ":",
        "by:",
        "ana",
        " ",
        "since:7d",
        "sha:4f",
        "é",
        "#8",
    ]
)


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("", []),
        ("web  api", [Term("", ("web",)), Term("", ("api",))]),
        ("APP:Web", [Term("app", ("Web",))]),
        ("state:failure,error", [Term("state", ("failure", "error"))]),
        ("-state:success", [Term("state", ("success",), True)]),
        ('by:"Ana Ferri",ben', [Term("by", ("Ana Ferri", "ben"))]),
        ('"connection refused"', [Term("", ("connection refused",))]),
        ('-"retry 3" -x1', [Term("", ("retry 3",), True), Term("", ("x1",), True)]),
        ('"--force"', [Term("", ("--force",))]),
        ("cause:chat who:ana", [Term("via", ("chat",)), Term("by", ("ana",))]),
        ('half "open', [Term("", ("half",)), Term("", ("open",))]),
        ("12:30 a,b", [Term("", ("12:30",)), Term("", ("a,b",))]),
        ("app: web", [Term("app", ("",)), Term("", ("web",))]),
    ],
)
def test_a_query_is_read_in_terms(text: str, terms: list[Term]) -> None:
    assert search.parse(text) == Query(tuple(terms))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("stat:failure", "There is no “stat:”. Did you mean “state:”? There is: app, env, state"),
        ("http://web-2", 'To look for those words, quote them: "http://web-2"'),
        ("state:failur", "There is no state “failur”. Did you mean “failure”?"),
        ("kind:deplyo", "There is no kind “deplyo”. Did you mean “deploy”?"),
        ("via:carrier-pigeon", "There is no via “carrier-pigeon”. There is: chat, web, api"),
        ("is:odd", "There is no is “odd”. There is: forced, retry, rollback."),
        ("sha:main", "“main” is no beginning of a commit"),
        ("since:ever", "“ever” is neither a length of time like 7d or 12h nor a date"),
        ("until:0001-01-01", "is no date that anything happened on"),
        ("-since:7d", "“-since:” means nothing: say until:7d"),
        ("since:7d,8d", "“since:” takes one moment."),
        ("app:", "After “app:” a value must follow."),
        ("ab", "“ab” is too short to look for: take 3 letters or more."),
    ],
)
def test_what_is_not_understood_is_said_with_what_would_be(text: str, said: str) -> None:
    (term,) = search.parse(text).terms

    assert said in search.wrong(term)


@pytest.mark.parametrize(
    "text",
    [
        "app:web,api",
        "-state:RED",
        "via:chat",
        "sha:4F2C",
        "since:7d",
        "until:today",
        "#8",
        "12",
        "abc",
    ],
)
def test_what_has_the_right_form_is_understood(text: str) -> None:
    (term,) = search.parse(text).terms

    assert search.wrong(term) == ""


@pytest.mark.parametrize(
    ("value", "ends", "moment"),
    [
        ("12h", False, datetime(2026, 11, 24, 0, tzinfo=UTC)),
        ("2w", True, datetime(2026, 11, 10, 12, tzinfo=UTC)),
        ("2026-11-24", False, datetime(2026, 11, 23, 15, tzinfo=UTC)),
        ("2026-11-24", True, datetime(2026, 11, 24, 15, tzinfo=UTC)),
        ("today", False, datetime(2026, 11, 23, 15, tzinfo=UTC)),
        ("yesterday", True, datetime(2026, 11, 23, 15, tzinfo=UTC)),
        ("2026-11-24T09:00", True, datetime(2026, 11, 24, tzinfo=UTC)),
        ("2026-11-24T09:00+00:00", False, datetime(2026, 11, 24, 9, tzinfo=UTC)),
    ],
)
def test_a_moment_is_one_of_the_readers_own_zone(value: str, ends: bool, moment: datetime) -> None:
    assert search.moment(value, NOW, TOKYO, ends=ends) == moment


def test_a_key_can_be_asked_for_anew() -> None:
    query = search.parse('state:failure "connection refused" -state:error')

    assert str(query.choosing("state", "success")) == 'state:success "connection refused"'
    assert str(query.choosing("state")) == '"connection refused"'


def test_what_is_said_twice_of_a_key_may_be_either() -> None:
    query = search.parse("app:web -app:old app:api")

    assert query.merged("app") == [Term("app", ("web", "api")), Term("app", ("old",), True)]


def test_the_words_to_look_for_are_those_that_must_be_there() -> None:
    assert search.parse('app:web "a b" -no yes').texts == ["a b", "yes"]


@given(st.one_of(st.text(max_size=300), st.lists(PIECES).map("".join)))
def test_no_query_breaks_it_and_each_is_read_as_it_is_written(text: str) -> None:
    query = search.parse(text)

    assert search.parse(str(query)) == query or len(str(query)) > search.LONGEST
    for term in query.terms:
        assert isinstance(search.wrong(term), str)


@given(st.text(max_size=30), st.booleans())
def test_a_moment_is_found_or_refused(value: str, ends: bool) -> None:
    with contextlib.suppress(Invalid):
        assert search.moment(value, NOW, TOKYO, ends=ends).tzinfo is not None
