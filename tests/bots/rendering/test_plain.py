from __future__ import annotations

from bots.messages import Button, Field, Line, Link, Mention, Message, Table, Text, Time
from bots.rendering import plain


def test_the_sign_comes_first() -> None:
    assert plain.render(Message(state="failed", parts=(Text("no"),))) == "✘ no"


def test_a_message_without_a_state_has_no_sign() -> None:
    assert plain.render(Message(parts=(Text("hello"),))) == "hello"


def test_each_part_is_readable() -> None:
    parts = (Link("a", "https://x.test"), Text(" "), Mention("ana", "U1"), Line("help"))

    assert plain.inline((*parts, Time(" now", "2025"))) == "a (https://x.test) @ana`help` now"


def test_an_address_is_not_said_twice() -> None:
    assert plain.inline((Link("https://x.test", "https://x.test"),)) == "https://x.test"
    assert plain.render(Message(parts=(Link("a", "/a/"),), url="/a/")) == "a (/a/)"


def test_everything_has_its_line() -> None:
    message = Message(
        parts=(Text("Head"),),
        fields=(Field("App", (Text("web"),)),),
        items=((Text("point"),),),
        block="log\n",
        buttons=(Button("A", "a"), Button("B", "b")),
        url="/x/",
    )

    assert plain.render(message) == "Head\nApp: web\n- point\nlog\nNext: a · b\n/x/"


def test_a_table_stands_in_columns() -> None:
    rows = (((Link("web", "/w"),), (Text("1"),)), ((Text("api-gateway"),), ()))

    assert plain.table(Table(("App", "N"), rows)) == "App          N\nweb          1\napi-gateway"
