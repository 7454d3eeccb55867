"""A message as safe HTML in pieces, which the pages' template sets. Everything is escaped here."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from bots.messages import (
    Button,
    Code,
    Line,
    Link,
    Mention,
    Message,
    Part,
    Parts,
    Strong,
    Table,
    Time,
)
from bots.rendering.addresses import web_address


class Html(str):
    """Escaped already: templates that know `__html__` leave it as it is."""

    __slots__ = ()

    def __html__(self) -> str:
        return self


@dataclass(frozen=True)
class HtmlField:
    label: str
    value: Html


@dataclass(frozen=True)
class HtmlTable:
    columns: tuple[str, ...]
    rows: tuple[tuple[Html, ...], ...]


@dataclass(frozen=True)
class Payload:
    """What the template sets; plain strings among it are not escaped yet, as templates expect."""

    state: str
    sign: str
    text: Html
    fields: tuple[HtmlField, ...]
    items: tuple[Html, ...]
    table: HtmlTable | None
    block: str
    buttons: tuple[Button, ...]
    url: str
    quiet: bool


def render(message: Message) -> Payload:
    return Payload(
        state=message.state,
        sign=message.sign,
        text=inline(message.parts),
        fields=tuple(HtmlField(field.label, inline(field.parts)) for field in message.fields),
        items=tuple(map(inline, message.items)),
        table=_table(message.table) if message.table else None,
        block=message.block,
        buttons=message.buttons,
        url=web_address(message.url),
        quiet=message.quiet,
    )


def inline(parts: Parts) -> Html:
    return Html("".join(map(_part, parts)))


def _part(part: Part) -> str:
    text = escape(part.text)
    match part:
        case Strong():
            return f"<strong>{text}</strong>"
        case Code():
            return f'<code class="sha">{text}</code>'
        case Line():
            return f"<code>{text}</code>"
        case Link(url=url) if web_address(url):
            return f'<a href="{escape(url)}">{text}</a>'
        case Mention():
            return f'<span class="chip">@{text}</span>'
        case Time(at=at) if at:
            return f'<time datetime="{escape(at)}">{text}</time>'
        case _:
            return text


def _table(content: Table) -> HtmlTable:
    return HtmlTable(content.columns, tuple(tuple(map(inline, row)) for row in content.rows))
