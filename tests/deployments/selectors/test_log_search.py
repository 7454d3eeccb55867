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
