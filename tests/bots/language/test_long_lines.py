"""Lines longer than any can be: answered at once where they are the bot's, never done."""

from __future__ import annotations

from time import perf_counter

import pytest

from bots.language import Deploy, NearMiss, NotACommand, TooLong, parse
from bots.language.text import LONGEST

HOSTILE = [
    "x" * 100_000, "deploy " + "web " * 25_000, "deploy web because " + "<" * 100_000,
    "deploy " + "a/" * 50_000, "deploy web to " + "a," * 50_000, "<@" * 50_000, "`" * 100_000,
    "deploy web " + "A=" * 50_000, "&amp;" * 20_000, "-" * 100_000, "<" * 100_000 + ">",
    "lock web for " + "1d" * 50_000, "deploy " + "a," * 50_000, "search " + "“" * 100_000,
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: text[:20])
def test_a_long_line_is_answered_and_not_done(text: str) -> None:
    answer = parse(text, addressed=True)

    assert isinstance(answer, TooLong)
    assert answer.letters == len(text)


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: text[:20])
def test_it_takes_under_a_millisecond(text: str) -> None:
    assert min(_seconds(text) for _ in range(20)) < 0.001


def test_it_is_the_bots_where_its_name_stands_before_it() -> None:
    assert isinstance(parse("shipmate " + "x" * 2000), TooLong)
    assert isinstance(parse("/deploy web because " + "x" * 2000), TooLong)


@pytest.mark.parametrize("text", ["x" * 2000, "deploy " * 2000, "\u200b " * 2000])
def test_long_talk_among_people_is_left_alone(text: str) -> None:
    assert parse(text, in_thread=True) == NotACommand()


def test_the_line_is_offered_without_the_reason_that_makes_it_long() -> None:
    answer = parse("deploy web/fix to qa because " + "of it " * 500, addressed=True)

    assert isinstance(answer, TooLong)
    assert answer.suggestions == ("deploy web/fix to qa",)


def test_a_line_that_would_not_act_is_not_offered() -> None:
    answer = parse("deploy web into qa because " + "of it " * 500, addressed=True)

    assert isinstance(answer, TooLong)
    assert answer.suggestions == ()


def test_the_longest_line_is_read_to_its_end() -> None:
    line = "deploy web because ".ljust(LONGEST, "x")

    assert parse(line, addressed=True) == Deploy("web", reason=line[19:])
    assert isinstance(parse(line + "x", addressed=True), TooLong)


def test_a_long_word_is_not_repeated_in_full() -> None:
    answer = parse("deploy web " + "x" * 900, addressed=True)

    assert isinstance(answer, NearMiss)
    assert len(answer.problem) == 80


def test_a_very_long_line_is_not_offered_back() -> None:
    answer = parse("deploy web to qa now because " + "x " * 400, addressed=True)

    assert isinstance(answer, NearMiss)
    assert answer.suggestions == ("deploy web/fix-login to staging",)


def _seconds(text: str) -> float:
    started = perf_counter()
    parse(text, addressed=True)
    return perf_counter() - started
