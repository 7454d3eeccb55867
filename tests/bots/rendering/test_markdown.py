from __future__ import annotations

import pytest

from bots.messages import Button, Code, Field, Link, Mention, Message, Strong, Table, Text
from bots.rendering import markdown


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("a *b* _c_ [d](e) `f` | ~g~", r"a \*b\* \_c\_ \[d\](e) \`f\` \| \~g\~"),
        ("<b> & c", "&lt;b&gt; &amp; c"),
        ("# head", r"\# head"),
        ("- item", r"\- item"),
        ("fix-login #812", "fix-login #812"),
        ("a\n# b", "a # b"),
        ("@here @ x", "@\u200bhere @ x"),
    ],
)
def test_what_people_write_stays_text(text: str, escaped: str) -> None:
    assert markdown.inline((Text(text),)) == escaped


@pytest.mark.parametrize(
    ("text", "span"), [("main", "`main`"), ("a`b", "`` a`b ``"), ("a\nb", "`a b`")]
)
def test_code_stays_code(text: str, span: str) -> None:
    assert markdown.inline((Code(text),)) == span


def test_strong_and_mention() -> None:
    assert markdown.inline((Strong("a*"), Mention("ana"))) == r"**a\***@ana"


def test_a_link_cannot_be_broken_out_of() -> None:
    assert markdown.inline((Link("a]", "https://x.test/(a)"),)) == (
        r"[a\]](https://x.test/%28a%29)"
    )


def test_a_link_to_anything_but_the_web_is_text() -> None:
    assert markdown.inline((Link("a", "javascript:x"),)) == "a"


def test_a_fence_is_longer_than_any_inside() -> None:
    assert markdown.fenced("a\n```\nb\n") == "````\na\n```\nb\n````"


def test_a_bar_does_not_break_a_table() -> None:
    table = Table(("A|", "B"), (((Text("x|y"),), (Code("p|q"),)),))

    assert markdown.table(table) == "| A\\| | B |\n| --- | --- |\n| x\\|y | `p\\|q` |"


def test_a_whole_message() -> None:
    message = Message(
        state="success",
        parts=(Text("Done"),),
        fields=(Field("App", (Text("web"),)), Field("Ref", (Code("x"),))),
        items=((Text("point"),),),
        block="log",
        buttons=(Button("Log", "log #1"),),
        url="https://x.test/1/",
    )

    assert markdown.render(message) == (
        "✔ Done\n\n**App**: web  \n**Ref**: `x`\n\n- point\n\n```\nlog\n```\n\n"
        "Next: `log #1`\n\n[Open](https://x.test/1/)"
    )


def test_the_page_is_not_linked_twice() -> None:
    message = Message(parts=(Link("#1", "https://x.test/1/"),), url="https://x.test/1/")

    assert markdown.render(message) == r"[#1](https://x.test/1/)".replace("[#", r"[\#")
