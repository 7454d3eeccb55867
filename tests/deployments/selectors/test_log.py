"""A log in pieces that a page can carry."""

from __future__ import annotations

import time

import pytest

from deployments.models import Deployment, Environment, Person
from deployments.selectors import log
from tests.deployments import build


@pytest.fixture
def running(alice: Person, qa: Environment) -> Deployment:
    return build.deployment(qa, alice, "a" * 40, status="in_progress")


def test_lines_keep_the_numbers_that_the_writer_gave(running: Deployment) -> None:
    build.log(running, "one\ntwo\n")
    build.log(running, "three")

    assert [(line.number, line.text) for line in log.newest(running).lines] == [
        (1, "one"),
        (2, "two"),
        (3, "three"),
    ]


def test_only_a_line_feed_ends_a_line(running: Deployment) -> None:
    build.log(running, "a\rb\x0bc\u2028d\n")

    assert len(log.newest(running).lines) == 1


def test_an_empty_line_is_a_line(running: Deployment) -> None:
    build.log(running, "a\n\nb\n")

    assert [line.text for line in log.newest(running).lines] == ["a", "", "b"]


def test_few_very_long_lines_are_paged_too(running: Deployment) -> None:
    for _ in range(5):
        build.log(running, "x" * 600_000 + "\n")

    piece = log.newest(running)

    assert (len(piece.lines), piece.earlier) == (2, True)


def test_a_line_is_shown_among_its_neighbours(running: Deployment) -> None:
    for _ in range(10):
        build.log(running, "line\n" * 1_000)

    piece = log.around(running, 4_500)

    assert piece.first == 3_500 and piece.last >= 5_500
    assert piece.earlier and piece.more


def test_around_the_last_line_nothing_is_left_to_follow(running: Deployment) -> None:
    build.log(running, "line\n" * 20)

    piece = log.around(running, 20)

    assert (piece.first, piece.last, piece.earlier, piece.more) == (1, 20, False, False)


def test_a_line_that_is_not_there_shows_nothing(running: Deployment) -> None:
    assert log.around(running, 99).lines == []


def test_one_host_has_its_own_lines(running: Deployment) -> None:
    for host in ("web-1", "web-2", "web-1"):
        build.log(running, f"{host}\n", host=host)

    lines = log.newest(running, host="web-1").lines

    assert [(line.number, line.text) for line in lines] == [(1, "web-1"), (3, "web-1")]
    assert [line.number for line in log.following(running, 1, "web-1").lines] == [3]


def test_what_follows_comes_in_pieces(running: Deployment) -> None:
    for _ in range(3):
        build.log(running, "line\n" * 1_500)

    first = log.following(running, 0)
    second = log.following(running, first.after)

    assert (len(first.lines), first.more) == (3_000, True)
    assert (len(second.lines), second.more, second.after) == (1_500, False, 3)


@pytest.mark.parametrize(
    "text",
    ["ERROR: no", "  error[E0308]: types", "fatal: not a repository", "ValueError: x",
     "\x1b[31mError\x1b[0m: no", "Traceback (most recent call last):", "[CRITICAL] down",
     "FAILED tests/test_web.py::test_it", "\x1b[31mFAILED\x1b[0m site.conf, line 3"],
)  # fmt: skip
def test_errors_are_known_by_how_they_begin(text: str) -> None:
    assert log.Line(1, build.long_ago(), "h", "p", text).is_error


@pytest.mark.parametrize(
    "text", ["no errors", "errors: 0", "Error: none", "terror", "0 errors", "Failed: 0"]
)
def test_other_lines_are_no_errors(text: str) -> None:
    assert not log.Line(1, build.long_ago(), "h", "p", text).is_error


@pytest.mark.parametrize("text", ["." * 64_000, "\x1b[" * 30_000, "a." * 30_000])
def test_a_hostile_line_costs_no_time(text: str) -> None:
    begun = time.process_time()

    assert not log.Line(1, build.long_ago(), "h", "p", text).is_error
    assert time.process_time() - begun < 2
