from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bots.language.text import clean, fold, shorten


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("<@U123>", "@U123"),
        ("<@U123|ana>", "@U123"),
        ("<#C1|ops>", "#ops"),
        ("<#C1>", "#C1"),
        ("<!here>", "@here"),
        ("<https://web.test/x>", "https://web.test/x"),
        ("<https://web.test/x|web>", "web"),
        ("<mailto:a@b.c|a@b.c>", "a@b.c"),
        ("<mailto:a@b.c>", "a@b.c"),
        ("a <b> c", "a <b> c"),
        ("&lt;b&gt; &amp; c", "<b> & c"),
        (" a \n b\u00a0c ", "a b c"),
    ],
)
def test_platform_markup_is_read(typed: str, meant: str) -> None:
    assert clean(typed) == meant


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("“a”", "a"), ("’a‘", "a"), ("a’b", "a'b"), ("—a", "--a"), ("a–b", "a-b"), ("`a`", "a"),
     ("''", "''"), ("\u200b", ""), ("'a", "'a")],
)  # fmt: skip
def test_a_word_is_folded(typed: str, meant: str) -> None:
    assert fold(typed) == meant


@given(st.text())
def test_cleaned_text_can_be_stored(text: str) -> None:
    cleaned = clean(text)

    cleaned.encode("utf-8")
    assert "\x00" not in cleaned
    assert "\n" not in cleaned


def test_a_long_text_is_cut() -> None:
    assert shorten("abcdef", 4) == "abc…"
    assert shorten("abcd", 4) == "abcd"
