"""JSON, and where each part of it stands, so that whoever wrote it finds what is meant."""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections import Counter
from dataclasses import dataclass
from typing import Any, NoReturn

from deployments.exceptions import Invalid

LONGEST = 256 * 1024  # bytes
DEEPEST = 20
TOKEN = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[{}\[\],:]|[^\s{}\[\],:"]+', re.S)
UNFIT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
NO_COMMENTS = " JSON has no comments: take lines that begin with # or // out."
NO_LAST_COMMA = " Nothing follows the comma before it: take that out."


@dataclass(frozen=True)
class Part:
    """A value, and the line where it, or the name before it, begins."""

    value: Any
    line: int
    members: tuple[tuple[str, Part], ...] = ()  # of an object; a name may stand there twice
    items: tuple[Part, ...] = ()  # of a list

    @property
    def is_object(self) -> bool:
        return isinstance(self.value, dict)

    @property
    def twice(self) -> dict[str, list[int]]:
        """Return the names that stand there more than once, and in which lines."""
        often = Counter(name for name, _ in self.members)
        return {
            name: [part.line for other, part in self.members if other == name]
            for name, count in often.items()
            if count > 1
        }


def read(data: bytes) -> Part:
    """Return what the file says, or refuse it and say where it is wrong."""
    if len(data) > LONGEST:
        raise Invalid(f"The file has {len(data):,} bytes; at most {LONGEST:,} are read.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Invalid(f"The file is no UTF-8 text: byte {error.start} of it is none.") from None
    if not text.strip():
        raise Invalid("There is nothing in it. Give an apps.json.")
    _check(text)
    try:
        return _Reader(text).part()
    except RecursionError:
        raise Invalid(f"It is nested deeper than {DEEPEST} levels.") from None


def _check(text: str) -> None:
    """Refuse what is no JSON."""
    try:
        json.loads(text, parse_constant=_no_number)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise Invalid(f"This is no JSON: {place}: {error.msg}.{_hint(text, error)}") from None
    except ValueError as error:
        raise Invalid(f"This is no JSON: {error}.") from None
    except RecursionError:
        raise Invalid(f"It is nested deeper than {DEEPEST} levels.") from None


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number")


def _hint(text: str, error: json.JSONDecodeError) -> str:
    if re.match(r"\s*(//|#|/\*)", text[error.pos :]):
        return NO_COMMENTS
    before, after = text[: error.pos].rstrip(), text[error.pos :].lstrip()
    if before.endswith(",") and after[:1] in ("}", "]"):
        return NO_LAST_COMMA
    return NO_LAST_COMMA if "trailing comma" in error.msg else ""


class _Reader:
    """Walks the tokens of a text that is known to be JSON."""

    def __init__(self, text: str) -> None:
        self.tokens = TOKEN.finditer(text)
        self.starts = [0, *(found.end() for found in re.finditer("\n", text))]

    def part(self, depth: int = 0) -> Part:
        return self._from(next(self.tokens), depth)

    def _from(self, token: re.Match[str], depth: int) -> Part:
        line = bisect_right(self.starts, token.start())
        if depth > DEEPEST:
            raise Invalid(f"Line {line}: it is nested deeper than {DEEPEST} levels.")
        if token[0] == "{":
            members = tuple(self._members(depth))
            return Part({name: part.value for name, part in members}, line, members)
        if token[0] == "[":
            items = tuple(self._items(depth))
            return Part([part.value for part in items], line, (), items)
        return Part(self._plain(token[0], line), line)

    def _members(self, depth: int) -> list[tuple[str, Part]]:
        found = []
        while (token := next(self.tokens))[0] != "}":
            if token[0] == ",":
                continue
            line = bisect_right(self.starts, token.start())
            name = self._plain(token[0], line)
            next(self.tokens)  # the colon
            part = self.part(depth + 1)
            found.append((name, Part(part.value, line, part.members, part.items)))
        return found

    def _items(self, depth: int) -> list[Part]:
        found = []
        while (token := next(self.tokens))[0] != "]":
            if token[0] != ",":
                found.append(self._from(token, depth + 1))
        return found

    @staticmethod
    def _plain(text: str, line: int) -> Any:
        value = json.loads(text)
        if isinstance(value, str) and UNFIT.search(value):
            raise Invalid(f"Line {line}: a text has characters in it that cannot be shown.")
        return value
