"""Slips in the words that a line ends with, and names that only look like slips."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bots.language import NearMiss, parse
from bots.language.endings import respelled
from bots.language.words import join, split
from tests.bots.language.test_known import NAMES


def read(line: str, *, at: int = 2, verb: str = "deploy") -> str:
    return join(respelled(split(line), at, verb, NAMES))


@pytest.mark.parametrize("when", ["wen", "wehn", "whn", "hwen", "whem", "when", "whenn"])
@pytest.mark.parametrize("green", ["green", "gren", "geen", "grene", "greeen", "grean"])
def test_any_slip_in_when_green_is_when_green(when: str, green: str) -> None:
    assert read(f"deploy web to qa {when} {green}") == "deploy web to qa when green"


@pytest.mark.parametrize("slip", ["becuase", "beacuse", "becasue", "becaus", "bcause", "because"])
def test_any_slip_in_because_leads_to_a_reason(slip: str) -> None:
    said = f"deploy web to qa {slip} wen green was wrong"

    assert read(said) == "deploy web to qa because wen green was wrong"


def test_a_branch_that_is_there_is_no_slip() -> None:
    names = replace(NAMES, refs={"web": ["form"], "api": [], "billing": []}.__getitem__)
    words = split("deploy web form main")

    assert respelled(words, 2, "deploy", names) == words


@pytest.mark.parametrize(
    "line",
    [
        "deploy web to qa when red",
        "deploy web to qa hen house",
        "deploy web to qa on staging",
        "deploy web form to qa",
        "deploy web to qa becuase",
    ],
)
def test_what_is_no_slip_is_left_alone(line: str) -> None:
    assert read(line) == line


def test_where_no_names_are_known_a_second_place_is_no_host() -> None:
    words = split("deploy web to qa on berlin")

    assert respelled(words, 4, "deploy", None) == words


def test_what_was_not_understood_is_told_as_it_was_typed() -> None:
    answer = parse("deploy web to qa wen green", addressed=True, known=lambda: NAMES)

    assert isinstance(answer, NearMiss)
    assert (answer.understood, answer.problem) == ("deploy web to qa", "wen")
