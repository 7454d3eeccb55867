"""A deployment's log, in pieces that a page can carry."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from deployments.models import Deployment, LogChunk

MOST_LINES = 2_000
MOST_TEXT = 1_000_000  # characters; a few very long lines must not kill a page either

ERROR = re.compile(
    r"(?:\x1b\[[0-9;]*m|\W)*"
    r"(?:(?i:error|fatal|panic|critical)\b|[A-Za-z_.]+(?:Error|Exception)\b"
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
    earlier: int = 0  # lines before it


def newest(deployment: Deployment, before: int = 0) -> Piece:
    """Return the last lines, or the last ones before a line number."""
    chunks = deployment.log_chunks.order_by("-seq")
    if before:
        chunks = chunks.filter(first_line__lt=before)
    taken = list(_until_full(chunks))[::-1]
    lines = [line for chunk in taken for line in lines_of(chunk)]
    if before:
        lines = [line for line in lines if line.number < before]
    lines = lines[-MOST_LINES:]
    return Piece(
        lines,
        after=taken[-1].seq if taken else 0,
        more=bool(before),
        earlier=lines[0].number - 1 if lines else 0,
    )


def following(deployment: Deployment, after: int) -> Piece:
    """Return the lines behind a chunk."""
    chunks = deployment.log_chunks.filter(seq__gt=after).order_by("seq")
    taken = list(_until_full(chunks))
    last = taken[-1].seq if taken else after
    lines = [line for chunk in taken for line in lines_of(chunk)]
    more = deployment.log_chunks.filter(seq__gt=last).exists()
    return Piece(lines, after=last, more=more)


def text(deployment: Deployment) -> Iterator[str]:
    """Yield the whole log as plain text, a chunk at a time."""
    for chunk in deployment.log_chunks.order_by("seq").iterator(chunk_size=50):
        for line in lines_of(chunk):
            yield f"{line.at:%Y-%m-%dT%H:%M:%SZ} {line.host} {line.phase}: {line.text}\n"


def lines_of(chunk: LogChunk) -> list[Line]:
    """Cut a chunk into lines. Only a line feed ends a line, as the writer counts them."""
    return [
        Line(chunk.first_line + place, chunk.created_at, chunk.host, chunk.phase, text)
        for place, text in enumerate(chunk.text.removesuffix("\n").split("\n"))
    ]


def _until_full(chunks: QuerySet[LogChunk]) -> Iterator[LogChunk]:
    lines = characters = 0
    for chunk in chunks.iterator(chunk_size=50):
        yield chunk
        lines += chunk.text.count("\n") + 1
        characters += len(chunk.text)
        if lines >= MOST_LINES or characters >= MOST_TEXT:
            return
