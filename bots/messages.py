"""What the bot says, before any platform decides how it looks. Plain values that survive JSON."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, TypeAlias

# The first character of a message: its state by a sign of its own, for those who see no colour.
SIGNS: Mapping[str, str] = {
    "waiting": "◷",
    "queued": "◔",
    "running": "↻",
    "paused": "‖",
    "success": "✔",
    "partly": "◐",
    "failed": "✘",
    "timeout": "⌛",
    "error": "⚠",
    "cancelling": "□",
    "cancelled": "■",
    "lost": "⚠",
    "superseded": "↩",
    "rolledback": "↩",
    "refused": "⛔",
    "question": "?",
}


@dataclass(frozen=True)
class Text:
    text: str


@dataclass(frozen=True)
class Strong:
    text: str


@dataclass(frozen=True)
class Code:
    """What a machine reads: a commit, a branch, a command."""

    text: str


@dataclass(frozen=True)
class Line:
    """A line that can be said to the bot."""

    text: str


@dataclass(frozen=True)
class Link:
    text: str
    url: str


@dataclass(frozen=True)
class Mention:
    """A person who is needed; `account` is the platform's stable id, where it is known."""

    text: str
    account: str = ""


@dataclass(frozen=True)
class Time:
    """A moment: in words, and exactly (ISO 8601, with its zone)."""

    text: str
    at: str


Part: TypeAlias = Text | Strong | Code | Line | Link | Mention | Time
Parts: TypeAlias = tuple[Part, ...]
KINDS: Mapping[str, type[Part]] = {
    "text": Text,
    "strong": Strong,
    "code": Code,
    "line": Line,
    "link": Link,
    "mention": Mention,
    "time": Time,
}


@dataclass(frozen=True)
class Field:
    label: str
    parts: Parts


@dataclass(frozen=True)
class Button:
    """A label, and the line that a click says."""

    label: str
    line: str
    danger: bool = False


@dataclass(frozen=True)
class Table:
    columns: tuple[str, ...]
    rows: tuple[tuple[Parts, ...], ...]


@dataclass(frozen=True, kw_only=True)
class Message:
    """One message. `items` are the points of a list; `quiet` ones go to the speaker alone."""

    state: str = ""
    parts: Parts = ()
    fields: tuple[Field, ...] = ()
    items: tuple[Parts, ...] = ()
    table: Table | None = None
    block: str = ""
    buttons: tuple[Button, ...] = ()
    url: str = ""
    quiet: bool = False

    @property
    def sign(self) -> str:
        return SIGNS.get(self.state, "")

    @property
    def asks(self) -> bool:
        """Whether it waits for a yes."""
        return self.state == "question" and bool(self.buttons)

    @property
    def is_guess(self) -> bool:
        """Whether the line was not understood, and only guessed at."""
        return self.state == "question" and not self.buttons


def phrase(*pieces: str | Part) -> Parts:
    """Return the pieces as parts; words alone are text, empty ones are left out."""
    parts = (Text(piece) if isinstance(piece, str) else piece for piece in pieces)
    return tuple(part for part in parts if part.text)


def link(text: str, url: str) -> Part:
    """Return a link where there is an address."""
    return Link(text, url) if url else Text(text)


# ---- JSON ----


def to_json(message: Message) -> dict[str, Any]:
    return {
        "state": message.state,
        "parts": _dump(message.parts),
        "fields": [{"label": f.label, "parts": _dump(f.parts)} for f in message.fields],
        "items": [_dump(item) for item in message.items],
        "table": _dump_table(message.table),
        "block": message.block,
        "buttons": [asdict(button) for button in message.buttons],
        "url": message.url,
        "quiet": message.quiet,
    }


def from_json(data: Mapping[str, Any]) -> Message:
    return Message(
        state=data["state"],
        parts=_load(data["parts"]),
        fields=tuple(Field(f["label"], _load(f["parts"])) for f in data["fields"]),
        items=tuple(_load(item) for item in data["items"]),
        table=_load_table(data["table"]),
        block=data["block"],
        buttons=tuple(Button(**button) for button in data["buttons"]),
        url=data["url"],
        quiet=data["quiet"],
    )


def _dump(parts: Parts) -> list[dict[str, str]]:
    return [{"kind": type(part).__name__.lower(), **asdict(part)} for part in parts]


def _load(parts: Iterable[Mapping[str, str]]) -> Parts:
    return tuple(_load_part(**part) for part in parts)


def _load_part(kind: str, **values: str) -> Part:
    return KINDS[kind](**values)


def _dump_table(table: Table | None) -> dict[str, Any] | None:
    if table is None:
        return None
    rows = [[_dump(cell) for cell in row] for row in table.rows]
    return {"columns": list(table.columns), "rows": rows}


def _load_table(data: Mapping[str, Any] | None) -> Table | None:
    if data is None:
        return None
    rows = tuple(tuple(_load(cell) for cell in row) for row in data["rows"])
    return Table(tuple(data["columns"]), rows)
