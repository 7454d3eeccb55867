from __future__ import annotations

from django.template import Context, Engine
from hypothesis import given
from hypothesis import strategies as st

from bots.messages import Code, Field, Line, Link, Mention, Message, Part, Strong, Table, Text, Time
from bots.rendering import html

BAD = "<script>\"'&"
SAFE = "&lt;script&gt;&quot;&#x27;&amp;"


def test_each_part_is_escaped() -> None:
    parts: tuple[Part, ...] = (
        Text(BAD), Strong(BAD), Code(BAD), Line(BAD), Link(BAD, f"/{BAD}"), Mention(BAD),
        Time(BAD, BAD),
    )  # fmt: skip

    assert html.inline(parts) == (
        f'{SAFE}<strong>{SAFE}</strong><code class="sha">{SAFE}</code><code>{SAFE}</code>'
        f'<a href="/{SAFE}">{SAFE}</a><span class="chip">@{SAFE}</span>'
        f'<time datetime="{SAFE}">{SAFE}</time>'
    )


@given(st.text())
def test_no_text_becomes_markup(text: str) -> None:
    rendered = html.inline((Text(text), Code(text), Link(text, "/x/")))

    assert rendered.count("<") == 4


def test_a_link_to_anything_but_the_web_is_text() -> None:
    for url in (
        "javascript:alert(1)",
        "//evil.test",
        "data:text/html,x",
        "",
        "/\\evil.test",
        "/a\nb",
        "https://a b",
    ):
        assert html.inline((Link("a", url),)) == "a"


def test_fields_items_and_tables_are_html() -> None:
    bold = (Strong("x"),)
    message = Message(fields=(Field("App", bold),), items=(bold,), table=Table(("C",), ((bold,),)))

    payload = html.render(message)

    assert payload.table is not None
    assert {payload.fields[0].value, payload.items[0], payload.table.rows[0][0]} == {
        "<strong>x</strong>"
    }


def test_a_template_sets_html_as_it_is_and_escapes_the_rest() -> None:
    payload = html.render(Message(parts=(Strong("<"),), block="<"))

    page = Engine().from_string("{{ m.text }}{{ m.block }}").render(Context({"m": payload}))

    assert page == "<strong>&lt;</strong>&lt;"


def test_a_page_that_is_not_on_the_web_is_left_out() -> None:
    assert html.render(Message(url="javascript:x")).url == ""
    assert html.render(Message(url="/deployments/1/")).url == "/deployments/1/"


def test_state_and_sign_are_given_to_the_template() -> None:
    payload = html.render(Message(state="running", quiet=True))

    assert (payload.state, payload.sign, payload.quiet) == ("running", "↻", True)
