"""How a line is written, word by word, read from the table.

`deploy[:TASK][!] APP[/REF] [to ENV]`: small letters stand for themselves, capitals for a name, what
is in `[…]` may be left out, and `…` says that the word before it may come again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import product

SLOT = re.compile(r"[A-Z]{2,}|[0-9]+[mhdw]|…")
LENGTH = "LENGTH"  # the slot of what the table writes as 2h
ANYTHING = ("REASON", "WORDS")  # go on to the end of the line


@dataclass(frozen=True)
class Piece:
    """A part of a word: it stands for itself, or it is a slot for a name."""

    text: str
    is_slot: bool = False


Shape = tuple[Piece, ...]


@dataclass(frozen=True)
class Item:
    """One word of a line, in each way in which it can be written."""

    shapes: tuple[Shape, ...]
    repeats: bool = False

    @property
    def literal(self) -> str:
        """Return the word if it only stands for itself."""
        first, *more = self.shapes
        return first[0].text if not more and len(first) == 1 and not first[0].is_slot else ""

    @property
    def slot(self) -> str:
        """Return the slot that it begins with."""
        return self.shapes[0][0].text if self.shapes[0][0].is_slot else ""

    @property
    def goes_on(self) -> bool:
        return self.slot in ANYTHING


Line = tuple[Item, ...]


@lru_cache(maxsize=256)
def ways(usage: str) -> tuple[Line, ...]:
    """Return every order of words that a usage allows, the longest first."""
    return tuple(line for one in usage.split(" | ") for line in _lines(one))


def _lines(text: str) -> list[Line]:
    lines: list[Line] = [()]
    fields: list[Shape] = []
    for part in _parts(text):
        if part == "…":
            lines = [(*line[:-1], replace(line[-1], repeats=True)) for line in lines]
            continue
        inside = _optional(part)
        field = _field(inside)
        if field:
            fields.append(field)  # they stand in any order
            continue
        lines, fields = _with_fields(lines, fields), []
        added: list[Line] = _lines(inside) if inside else [(Item(tuple(_shapes(part))),)]
        lines = [a + b for a, b in product(lines, [*added, ()] if inside else added)]
    return _with_fields(lines, fields)


def _with_fields(lines: list[Line], fields: list[Shape]) -> list[Line]:
    if not fields:
        return lines
    item = Item(tuple(fields), repeats=True)
    return [line + more for line in lines for more in ((item,), ())]


def _field(inside: str) -> Shape | None:
    """Return the shape of `app:APP`, of which a line may have several in any order."""
    shapes = list(_shapes(inside)) if inside and " " not in inside else []
    is_field = len(shapes) == 1 and not shapes[0][0].is_slot and shapes[0][0].text.endswith(":")
    return shapes[0] if is_field else None


def _optional(part: str) -> str:
    """Return what is in the brackets of a part that may be left out as a whole."""
    return part[1:-1] if part.startswith("[") and _closes(part) == len(part) - 1 else ""


def _closes(part: str) -> int:
    """Return where the first bracket is closed."""
    depth = 0
    for at, letter in enumerate(part):
        depth += (letter == "[") - (letter == "]")
        if letter == "]" and not depth:
            return at
    return -1


def _parts(text: str) -> Iterator[str]:
    """Divide at the spaces that stand in no brackets."""
    depth, part = 0, ""
    for letter in text:
        depth += (letter == "[") - (letter == "]")
        if letter == " " and not depth:
            yield part
            part = ""
        else:
            part += letter
    yield part


def _shapes(word: str) -> Iterator[Shape]:
    """Yield the word with and without each of its parts that may be left out."""
    start = word.find("[")
    if start < 0:
        yield tuple(_pieces(word))
        return
    end = start + _closes(word[start:])
    yield from _shapes(word[:start] + word[start + 1 : end] + word[end + 1 :])
    yield from _shapes(word[:start] + word[end + 1 :])


def _pieces(word: str) -> Iterator[Piece]:
    at = 0
    for found in SLOT.finditer(word):
        if found.start() > at:
            yield Piece(word[at : found.start()])
        text = found[0]
        yield Piece(LENGTH if text[0].isdigit() else text, is_slot=True)
        at = found.end()
    if at < len(word):
        yield Piece(word[at:])
