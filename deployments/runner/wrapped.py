"""Find the parts of base64 texts that stand in lines, wherever in a line such a text began.

A program that breaks its base64 into lines shows the beginning of a text at the end of a full
line, then full lines of it, then its rest. So without a full line there is nothing to find, which
is soon seen; a search for every part that there might be would take many times as long.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

WIDTH = 64  # the narrowest lines in use: PEM and openssl; base64 and MIME break at 76
SHORTEST = 6  # fewer letters tell too little to be hidden
INDENT = 40  # so much may stand before a line, such as the name of who printed it
CONTEXT = WIDTH + INDENT + 8  # so much of what came before tells what a part belongs to

LETTERS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_"
LETTER, OTHER = b"x", b"."
KINDS = bytes(LETTER[0] if byte in LETTERS else OTHER[0] for byte in range(256))
FULL = LETTER * WIDTH
# Also as JSON and others spell it.
LINE_END = re.compile(rb"[ \t]{0,2}(?:\r?\n|(?:\\r)?\\n)")
SPELLED = (b"\\n", b"\\r")

Lengths = Callable[[bytes, bytes], Iterator[int]]


class Part(NamedTuple):
    """Letters of a text. Fewer, but `least`, would be a part as well."""

    start: int
    stop: int
    least: int
    is_open: bool  # the text goes on: only what follows tells that it does not do so here


class Wrapped:
    """Base64 texts, of which lines may show parts."""

    def __init__(self, texts: Iterable[bytes]) -> None:
        self._texts = sorted(texts)
        self._all = b"\n".join(self._texts)  # one look tells that a line has to do with none

    def has(self, letters: bytes) -> bool:
        return letters in self._all

    def parts(self, before: bytes, seen: bytes) -> Iterator[Part]:
        """Give the parts that begin in `seen`, which stands behind `before`."""
        for start, stop, least, is_open in self._parts(before + seen):
            if start >= len(before):
                yield Part(start - len(before), stop - len(before), least, is_open)

    def _parts(self, view: bytes) -> Iterator[Part]:
        kinds = view.translate(KINDS)
        start = kinds.find(FULL)
        while start >= 0:
            stop = _stop(kinds, start)
            yield from self._beginnings(view[start:stop], stop)
            for place in _line_begins(view, start):
                yield from self._rests(view[place:stop], place, _whole)
            for place in _next_line_begins(view, stop):
                yield from self._rests(view[place : _stop(kinds, place)][:WIDTH], place, _end)
            start = kinds.find(FULL, stop)

    def _beginnings(self, line: bytes, stop: int) -> Iterator[Part]:
        for text in self._texts if self.has(line[-SHORTEST:]) else ():
            for length in _beginning(text, line):
                yield Part(stop - length, stop, length, is_open=True)

    def _rests(self, line: bytes, start: int, lengths_of: Lengths) -> Iterator[Part]:
        for text in self._texts if self.has(line[:SHORTEST]) else ():
            for length in lengths_of(text, line):
                yield Part(start, start + length, min(length, WIDTH), is_open=False)


def open_lines(before: bytes, seen: bytes) -> Iterator[int]:
    """Give where a line may have begun in `seen` that goes on to its end."""
    view = before + seen
    for place in _line_begins(view, len(view.rstrip(LETTERS))):
        if len(before) <= place < len(view):
            yield place - len(before)


def _beginning(text: bytes, line: bytes) -> Iterator[int]:
    """Give how many letters of the text's beginning end the line; several where it repeats."""
    place = line.find(text[:SHORTEST], max(0, len(line) - len(text)))
    while place >= 0:
        if text.startswith(line[place:]):
            yield len(line) - place
        place = line.find(text[:SHORTEST], place + 1)


def _whole(text: bytes, line: bytes) -> Iterator[int]:
    """Give how many letters of the text begin the line, if it is a full one."""
    place = text.find(line[:WIDTH]) if len(line) >= WIDTH else -1
    while place >= 0:
        yield _alike(line, text[place:])
        place = text.find(line[:WIDTH], place + 1)


def _end(text: bytes, line: bytes) -> Iterator[int]:
    """Give how many letters of the text's end begin the line; several where it repeats."""
    stop = line.find(text[-SHORTEST:]) + SHORTEST
    while stop >= SHORTEST:
        if text.endswith(line[:stop]):
            yield stop
        stop = line.find(text[-SHORTEST:], stop - SHORTEST + 1) + SHORTEST


def _stop(kinds: bytes, start: int) -> int:
    stop = kinds.find(OTHER, start)
    return stop if stop >= 0 else len(kinds)


def _line_begins(view: bytes, start: int) -> Iterator[int]:
    """Give where a line begins in a run of letters: at once, or behind a spelled line end."""
    yield start
    for place in (start, start + 1):
        if view[max(0, place - 2) : place] in SPELLED:
            yield place


def _next_line_begins(view: bytes, stop: int) -> Iterator[int]:
    """Give where the line after a full one may begin."""
    end = LINE_END.match(view, stop)
    if end is None:
        return
    yield end.end()
    for place in range(end.end() + 1, min(len(view), end.end() + INDENT)):
        if view[place - 1] == ord("\n"):
            return
        if view[place - 1] not in LETTERS and view[place] in LETTERS:
            yield place


def _alike(one: bytes, other: bytes) -> int:
    """Return how many bytes at their beginnings are the same."""
    least, most = 0, min(len(one), len(other))
    while least < most:
        middle = (least + most + 1) // 2
        if one[least:middle] == other[least:middle]:
            least = middle
        else:
            most = middle - 1
    return least
