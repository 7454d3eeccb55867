"""Looking for words in a whole log."""

from __future__ import annotations

import pytest

from deployments.models import Deployment, Environment, Person
from deployments.selectors import log_search
from tests.deployments import build


@pytest.fixture
def running(alice: Person, qa: Environment) -> Deployment:
    return build.deployment(qa, alice, "a" * 40, status="in_progress")


def numbers(deployment: Deployment, words: str, host: str = "") -> list[int]:
    return [line.number for line in log_search.find(deployment, words, host).lines]


def test_words_are_found_in_any_case_with_their_numbers(running: Deployment) -> None:
    build.log(running, "one\nConnection refused\n")
    build.log(running, "two\nconnection REFUSED again\n")

    assert numbers(running, "connection refused") == [2, 4]


def test_colours_and_cursor_moves_do_not_hide_a_word(running: Deployment) -> None:
    build.log(running, "\x1b[31mconn\x1b[0mection refused\n")

    assert numbers(running, "connection") == [1]


def test_what_stands_in_another_line_does_not_count(running: Deployment) -> None:
    build.log(running, "connection\nrefused\n")

    assert numbers(running, "connection refused") == []


def test_one_host_can_be_searched_alone(running: Deployment) -> None:
    build.log(running, "same\n", host="web-1")
    build.log(running, "same\n", host="web-2")

    assert numbers(running, "same", "web-2") == [2]


def test_no_more_are_shown_than_a_page_bears(running: Deployment) -> None:
    build.log(running, "same\n" * (log_search.MOST + 1))

    found = log_search.find(running, "same")

    assert len(found.lines) == log_search.MOST and found.more


def test_the_next_ones_are_found_behind_the_last(running: Deployment) -> None:
    build.log(running, "same\nother\nsame\n")
    build.log(running, "same\n", host="web-2")

    behind = log_search.find(running, "same", behind=1)

    assert [line.number for line in behind.lines] == [3, 4]
    assert behind.after == running.log_seq


# ---- Errors ----


@pytest.fixture
def wrong(running: Deployment) -> Deployment:
    """A log with errors at 2 and 5, the second on another host."""
    build.log(running, "fine\nERROR: one\nno error here\n")
    build.log(running, "fine\nfatal: two\n", host="web-2")
    build.log(running, "fine\n")
    return running


def test_errors_of_the_whole_log_are_counted(wrong: Deployment) -> None:
    assert log_search.errors(wrong) == log_search.Errors(2, 2)
    assert log_search.errors(wrong, "web-2") == log_search.Errors(1, 5)


@pytest.mark.parametrize(("line", "after", "before"), [(0, 2, 0), (2, 5, 0), (4, 5, 2), (6, 0, 5)])
def test_errors_are_walked_from_any_line(
    wrong: Deployment, line: int, after: int, before: int
) -> None:
    assert log_search.next_error(wrong, line) == after
    assert log_search.previous_error(wrong, line) == before


def test_errors_of_one_host_are_walked_alone(wrong: Deployment) -> None:
    assert log_search.next_error(wrong, 0, "web-2") == 5
    assert log_search.previous_error(wrong, 5, "web-2") == 0


# ---- Where it broke ----


@pytest.fixture
def broken(alice: Person, qa: Environment) -> Deployment:
    """One that failed in the build, after a phase that only warned."""
    made = build.deployment(qa, alice, "a" * 40, status="failure", reason="command")
    build.phase(made, "transfer", 0, "success")
    build.phase(made, "build", 1, "failure")
    build.log(made, "ERROR: but it went on\n", host="hello-qa-1", phase="transfer")
    return made


def test_the_first_error_of_what_went_wrong_is_where_it_broke(broken: Deployment) -> None:
    build.log(broken, "$ make\nERROR: no rule\nERROR: stop\n", host="hello-qa-1")

    assert log_search.breaking_line(broken) == 3


def test_without_an_error_it_broke_where_it_fell_silent(broken: Deployment) -> None:
    build.log(broken, "$ make\nno rule\n", host="hello-qa-1")
    build.log(broken, "fine here\n", host="hello-qa-2")

    assert log_search.breaking_line(broken) == 3


def test_what_wrote_nothing_broke_nowhere(broken: Deployment, running: Deployment) -> None:
    assert log_search.breaking_line(broken) == 0
    assert log_search.breaking_line(running) == 0
