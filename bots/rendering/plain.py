"""A message as plain text, for the command line, scripts and rooms without formatting."""

from __future__ import annotations

from bots.messages import Field, Line, Link, Mention, Message, Part, Parts, Table


def render(message: Message) -> str:
    """Return the whole message as lines of text, state sign first."""
    head = " ".join(filter(None, [message.sign, inline(message.parts)]))
    blocks = [
        head,
        *map(_field, message.fields),
        *(f"- {inline(item)}" for item in message.items),
        table(message.table) if message.table else "",
        message.block.rstrip("\n"),
        _next(message),
    ]
    text = "\n".join(block for block in blocks if block)
    return f"{text}\n{message.url}" if message.url and message.url not in text else text


def inline(parts: Parts) -> str:
    return "".join(map(_part, parts))


def table(content: Table) -> str:
    """Return the table in columns; addresses would break them."""
    rows = [content.columns, *(tuple(map(words, row)) for row in content.rows)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    aligned = (zip(row, widths, strict=True) for row in rows)
    return "\n".join("  ".join(cell.ljust(w) for cell, w in row).rstrip() for row in aligned)


def words(parts: Parts) -> str:
    """Return the words alone, without addresses."""
    return "".join(f"@{part.text}" if isinstance(part, Mention) else part.text for part in parts)


def _part(part: Part) -> str:
    match part:
        case Link(text, url) if url and url != text:
            return f"{text} ({url})"
        case Mention(text):
            return f"@{text}"
        case Line(text):
            return f"`{text}`"
        case _:
            return part.text


def _field(field: Field) -> str:
    return f"{field.label}: {inline(field.parts)}"


def _next(message: Message) -> str:
    return f"Next: {' · '.join(b.line for b in message.buttons)}" if message.buttons else ""
