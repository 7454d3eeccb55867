"""Whatever a page offers as a chat line, the bot reads as the same intention."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bots.language import (
    Cancel,
    Deploy,
    Deploys,
    Diff,
    Log,
    Parsed,
    Retry,
    Rollback,
    Show,
    Status,
    Why,
    parse,
)
from bots.language.clauses import SMALL_WORDS
from bots.language.text import clean
from deployments import lines

APPS = st.from_regex(r"\A[a-z0-9][-_.a-z0-9]{0,20}\Z").filter(
    lambda name: name not in (*SMALL_WORDS, "plan")
)
PLACES = st.from_regex(r"\A[a-z0-9][-_.a-z0-9]{0,20}\Z").filter(
    lambda name: name not in SMALL_WORDS
)
REFS = st.none() | st.text(min_size=1)
HOSTS = st.lists(st.text(min_size=1, max_size=12), max_size=3)
READABLE = st.text(st.characters(categories=["L", "N", "P", "S", "Zs"]))
NUMBERS = st.integers(1, 999_999_999)


def say(line: str, verb: str = "deploy") -> Parsed:
    return parse(line, addressed=True, verb=verb)


@given(APPS, REFS, PLACES, HOSTS, READABLE)
def test_a_deployment(
    app: str, ref: str | None, place: str, hosts: list[str], because: str
) -> None:
    line = lines.deploy(app, ref, place, hosts=hosts, because=because)

    if line:
        reason = clean(because) if "because" in line.split() else ""
        assert say(line) == Deploy(app, ref, place, tuple(hosts), reason)


@given(APPS, st.from_regex(r"\A[-A-Za-z0-9_./@#+=~,%!]{1,30}\Z"), PLACES)
def test_every_ordinary_ref_has_a_line(app: str, ref: str, place: str) -> None:
    line = lines.deploy(app, ref, place)

    assert say(line) == Deploy(app, ref, place) if not ref.startswith("-") else line == ""


@given(APPS, st.none() | PLACES)
def test_an_app_and_its_place(app: str, place: str | None) -> None:
    assert say(lines.deploy(app, None, place)) == Deploy(app, None, place)
    assert say(lines.status(app, place)) == Status(app, place)
    assert say(lines.why(app, place)) == Why(app, place)
    assert say(lines.diff(app, place)) == Diff(app, place)
    assert say(lines.deploys(app, "main", place)) == Deploys(app, "main", place)


@given(APPS, PLACES, st.none() | NUMBERS)
def test_a_rollback(app: str, place: str, to: int | None) -> None:
    assert say(lines.rollback(app, place, to)) == Rollback(app, place, to)


@given(NUMBERS, st.none() | st.from_regex(r"\A[A-Za-z0-9][-.A-Za-z0-9]{0,20}\Z"))
def test_a_number(number: int, host: str | None) -> None:
    assert say(lines.retry(number)) == Retry(number)
    assert say(lines.cancel(number)) == Cancel(number)
    assert say(lines.show(number)) == Show(number)
    assert say(lines.log(number, host)) == Log(number, host)


def test_lines_without_anything_named() -> None:
    assert say(lines.retry()) == Retry()
    assert say(lines.cancel()) == Cancel()
    assert say(lines.log()) == Log()
    assert say(lines.status()) == Status()
    assert say(lines.status(None, "qa")) == Status(None, "qa")


@pytest.mark.parametrize("verb", ["ship", "push"])
def test_a_renamed_verb(verb: str) -> None:
    assert say(lines.deploy("web", "x", "qa", verb=verb), verb) == Deploy("web", "x", "qa")
