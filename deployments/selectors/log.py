"""A deployment's log, in pieces that a page can carry."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from deployments.models import Deployment, LogChunk

MOST_LINES = 2_000
AT_ONCE = 50  # chunks that are read at a time
MOST_TEXT = 1_000_000  # characters; a few very long lines must not kill a page either

ERROR = re.compile(
    r"(?:\x1b\[[0-9;]*m|\W)*"
    r"(?:(?i:error|fatal|panic|critical|failed)\b|[A-Za-z_.]+(?:Error|Exception)\b"
    r"|Traceback \(most recent call last\))"
    r"(?!\s*[=:]\s*(?i:0|none|false)\b)"
)


@dataclass(frozen=True)
class Line:
    number: int
    at: datetime
    host: str
    phase: str
    text: str

    @property
    def is_error(self) -> bool:
        return ERROR.match(self.text[:300]) is not None


@dataclass(frozen=True)
class Piece:
    """Some lines in their order, and where they lie in the whole."""

    lines: list[Line]
    after: int  # the last chunk in it: ask for what comes after
    more: bool  # there is more behind it
    earlier: bool = False  # there is more before it

    @property
    def first(self) -> int:
        return self.lines[0].number if self.lines else 0

    @property
    def last(self) -> int:
        return self.lines[-1].number if self.lines else 0


def newest(deployment: Deployment, before: int = 0, host: str = "") -> Piece:
    """Return the last lines, or the last ones before a line number."""
    chunks = _chunks(deployment, host)
    if before:
        chunks = chunks.filter(first_line__lt=before)
    taken = list(_until_full(chunks.order_by("-seq"), before))[::-1]
    lines = [line for chunk in taken for line in lines_of(chunk)]
    if before:
        lines = [line for line in lines if line.number < before]
    kept = lines[-MOST_LINES:]
    return Piece(
        kept,
        after=taken[-1].seq if taken else 0,
        more=bool(before),
        earlier=len(kept) < len(lines) or (bool(taken) and _is_before(chunks, taken[0])),
    )


def around(deployment: Deployment, number: int, host: str = "") -> Piece:
    """Return a line with as many before as behind it, as far as there are any."""
    chunks, half = _chunks(deployment, host), MOST_LINES // 2
    before = _until_full(chunks.filter(first_line__lte=number).order_by("-seq"), number + 1, half)
    behind = _until_full(chunks.filter(first_line__gt=number).order_by("seq"), most=half)
    taken = [*reversed(list(before)), *behind]
    lines = [line for chunk in taken for line in lines_of(chunk)]
    kept = [line for line in lines if line.number >= number - half] or lines
    after = taken[-1].seq if taken else 0
    return Piece(
        kept,
        after,
        more=chunks.filter(seq__gt=after).exists(),
        earlier=len(kept) < len(lines) or (bool(taken) and _is_before(chunks, taken[0])),
    )


def following(deployment: Deployment, after: int, host: str = "") -> Piece:
    """Return the lines behind a chunk."""
    chunks = _chunks(deployment, host)
    taken = list(_until_full(chunks.filter(seq__gt=after).order_by("seq")))
    last = taken[-1].seq if taken else after
    lines = [line for chunk in taken for line in lines_of(chunk)]
    more = chunks.filter(seq__gt=last).exists()
    return Piece(lines, after=last, more=more)


def text(deployment: Deployment) -> Iterator[str]:
    """Yield the whole log as plain text. Whoever reads it slowly keeps no query open."""
    after = 0
    while chunks := list(deployment.log_chunks.filter(seq__gt=after).order_by("seq")[:AT_ONCE]):
        for line in (line for chunk in chunks for line in lines_of(chunk)):
            yield f"{line.at:%Y-%m-%dT%H:%M:%SZ} {line.host} {line.phase}: {line.text}\n"
        after = chunks[-1].seq


def lines_of(chunk: LogChunk) -> list[Line]:
    """Cut a chunk into lines. Only a line feed ends a line, as the writer counts them."""
    return [
        Line(chunk.first_line + place, chunk.created_at, chunk.host, chunk.phase, text)
        for place, text in enumerate(chunk.text.removesuffix("\n").split("\n"))
    ]


def _chunks(deployment: Deployment, host: str) -> QuerySet[LogChunk]:
    chunks = LogChunk.objects.filter(deployment=deployment)
    return chunks.filter(host=host) if host else chunks


def _is_before(chunks: QuerySet[LogChunk], chunk: LogChunk) -> bool:
    return chunks.filter(seq__lt=chunk.seq).exists()


def _until_full(
    chunks: QuerySet[LogChunk], before: int = 0, most: int = MOST_LINES
) -> Iterator[LogChunk]:
    """Take chunks while there is room; of one that goes on behind `before`, what stands before."""
    lines = characters = 0
    for chunk in chunks.iterator(chunk_size=50):
        yield chunk
        count = chunk.text.count("\n") + 1
        lines += min(count, before - chunk.first_line) if before else count
        characters += len(chunk.text)
        if lines >= most or characters >= MOST_TEXT:
            return
