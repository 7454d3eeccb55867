from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bots.language import nearest
from bots.language.nearest import distance

PLACES = ["production", "staging", "qa", "preview"]


@pytest.mark.parametrize("slip", ["prodution", "prodcution", "produktion", "PRODUCTION", "prod"])
def test_a_slip_of_the_finger_finds_the_word(slip: str) -> None:
    assert nearest(slip, PLACES) == ["production"]


@pytest.mark.parametrize("word", ["", "berlin", "x", "p" * 10_000])
def test_another_word_finds_nothing(word: str) -> None:
    assert nearest(word, PLACES) == []


def test_the_nearest_comes_first_and_few_are_named() -> None:
    assert nearest("web1", ["web4", "web", "web1", "web2", "web3"]) == ["web1", "web", "web2"]


def test_a_name_keeps_its_case() -> None:
    assert nearest("web", ["Web"]) == ["Web"]


@pytest.mark.parametrize(
    ("left", "right", "slips"),
    [("", "", 0), ("a", "", 1), ("ab", "ba", 1), ("abc", "abd", 1), ("abc", "xbcd", 2)],
)
def test_each_slip_counts_once(left: str, right: str, slips: int) -> None:
    assert distance(left, right) == slips


@given(st.text(max_size=12), st.text(max_size=12))
def test_a_distance_is_the_same_both_ways(left: str, right: str) -> None:
    assert distance(left, right) == distance(right, left)
