"""Terminal output as HTML, hostile output above all."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployments.web.ansi import Painter


def paint(*lines: str) -> str:
    painter = Painter()
    return "\n".join(painter.paint(line) for line in lines)


def test_plain_text_stays_as_it_is() -> None:
    assert paint("make: done") == "make: done"


def test_a_colour_becomes_a_class() -> None:
    assert paint("\x1b[32mok\x1b[0m then") == '<span class="a-green">ok</span> then'


def test_bold_and_colour_go_together() -> None:
    assert paint("\x1b[1;31mno\x1b[m") == '<span class="a-red a-bold">no</span>'


def test_bright_colours_are_the_same_colours() -> None:
    assert paint("\x1b[94mx") == '<span class="a-blue">x</span>'


def test_a_colour_lasts_until_it_is_taken_back() -> None:
    assert paint("\x1b[33mone", "two\x1b[39m three") == (
        '<span class="a-yellow">one</span>\n<span class="a-yellow">two</span> three'
    )


@pytest.mark.parametrize("code", ["38;5;196", "48;2;1;2;3", "38;2;31;31;31"])
def test_colours_of_the_long_table_are_left_out(code: str) -> None:
    assert paint(f"\x1b[{code}mx") == "x"


@pytest.mark.parametrize(
    "sequence",
    ["\x1b[2J", "\x1b[10;1H", "\x1b]0;title\x07", "\x1b]8;;http://evil\x1b\\", "\x1b[?25l", "\x1bc",
     "\x1bP1$r\x1b\\", "\x9b31m", "\x00", "\x07", "\x1b", "\x1b[", "\u202e", "\u2066"],
)  # fmt: skip
def test_other_sequences_vanish(sequence: str) -> None:
    assert paint(f"a{sequence}") == "a"


def test_a_progress_bar_shows_what_stood_last() -> None:
    assert paint("10 %\r50 %\r100 %\r") == "100 %"


def test_a_tab_stays() -> None:
    assert paint("a\tb") == "a\tb"


@pytest.mark.parametrize("evil", ["<script>", "<img src=x onerror=alert(1)>", '"><b>', "&lt;"])
def test_markup_is_escaped_inside_and_outside_colours(evil: str) -> None:
    shown = paint(f"{evil}\x1b[31m{evil}")

    assert re.findall(r"<[^>]*>", shown) == ['<span class="a-red">', "</span>"]


@given(st.text())
def test_whatever_comes_only_our_own_spans_are_markup(line: str) -> None:
    tags = re.findall(r"<[^>]*>?", paint(line))

    assert all(re.fullmatch(r'<span class="a-[a-z]+( a-[a-z]+)*">|</span>', tag) for tag in tags)
