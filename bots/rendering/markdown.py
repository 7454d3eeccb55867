"""A message as Markdown; whatever people wrote in it stays text."""

from __future__ import annotations

import re
from collections.abc import Iterable

from bots.messages import Code, Field, Line, Link, Mention, Message, Part, Parts, Strong, Table
from bots.rendering.addresses import web_address

SPECIAL = re.compile(r"([\\`*_\[\]~|]|^\s*[#+=-])")
TICKS = re.compile("`+")
ENTITIES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
BRACKETS = str.maketrans({"(": "%28", ")": "%29", "<": "%3C", ">": "%3E", "|": "%7C"})
CALL = re.compile(r"@(?=\w)")
UNHEARD = "@\u200b"  # what people wrote must not call a whole room


def render(message: Message) -> str:
    """Return the whole message as Markdown, state sign first."""
    blocks = [
        " ".join(filter(None, [message.sign, inline(message.parts)])),
        "  \n".join(map(_field, message.fields)),
        "\n".join(f"- {inline(item)}" for item in message.items),
        table(message.table) if message.table else "",
        fenced(message.block) if message.block else "",
        _next(message),
    ]
    text = "\n\n".join(block for block in blocks if block)
    page = _link("Open", message.url)
    return f"{text}\n\n{page}" if web_address(message.url) and page[6:] not in text else text


def inline(parts: Parts) -> str:
    return "".join(map(_part, parts))


def table(content: Table) -> str:
    rows = (_row(map(_cell, row)) for row in content.rows)
    return "\n".join(
        [_row(map(escape, content.columns)), _row(["---"] * len(content.columns)), *rows]
    )


def fenced(text: str) -> str:
    """Return preformatted text in a fence that is longer than any inside."""
    fence = "`" * max(3, _longest_ticks(text) + 1)
    body = text.rstrip("\n")
    return f"{fence}\n{body}\n{fence}"


def escape(text: str) -> str:
    """Return text that Markdown leaves alone, on one line."""
    one_line = " ".join(text.split("\n")).translate(ENTITIES)
    return CALL.sub(UNHEARD, SPECIAL.sub(r"\\\1", one_line))


def code(text: str) -> str:
    """Return a code span; its fence is longer than any inside."""
    fence = "`" * (_longest_ticks(text) + 1)
    space = " " if "`" in text else ""
    return f"{fence}{space}{' '.join(text.split(chr(10)))}{space}{fence}"


def _part(part: Part) -> str:
    match part:
        case Strong(text):
            return f"**{escape(text)}**"
        case Code(text) | Line(text):
            return code(text)
        case Link(text, url):
            return _link(text, url)
        case Mention(text):
            return f"@{escape(text)}"
        case _:
            return escape(part.text)


def _link(text: str, url: str) -> str:
    address = web_address(url)
    return f"[{escape(text)}]({address.translate(BRACKETS)})" if address else escape(text)


def _field(field: Field) -> str:
    return f"**{escape(field.label)}**: {inline(field.parts)}"


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cell(parts: Parts) -> str:
    """Return a cell; in a table a bar is escaped in code too."""
    return "".join(
        _part(part).replace("|", r"\|") if isinstance(part, Code | Line) else _part(part)
        for part in parts
    )


def _longest_ticks(text: str) -> int:
    return max(map(len, TICKS.findall(text)), default=0)


def _next(message: Message) -> str:
    return f"Next: {' · '.join(code(b.line) for b in message.buttons)}" if message.buttons else ""
