"""Looking for words in the whole log of a deployment."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from deployments.models import Deployment, LogChunk
from deployments.selectors.log import Line, lines_of
from deployments.terminal import plain

MOST = 500  # lines that are shown


@dataclass(frozen=True)
class Found:
    """The lines that hold the words, as many as a page shows."""

    lines: list[Line]
    more: bool


def find(deployment: Deployment, words: str, host: str = "") -> Found:
    """Return the lines that hold a text, whatever the case; colours in between do not count."""
    chunks = LogChunk.objects.filter(deployment=deployment).order_by("seq")
    if host:
        chunks = chunks.filter(host=host)
    wanted = words.casefold()
    hits = (
        line
        for chunk in chunks.iterator(chunk_size=50)
        if _may_hold(chunk, wanted)
        for line in _matching(chunk, wanted)
    )
    lines = list(islice(hits, MOST + 1))
    return Found(lines[:MOST], more=len(lines) > MOST)


def _may_hold(chunk: LogChunk, wanted: str) -> bool:
    """Tell at once of most chunks that they do not; control sequences may cut a word in two."""
    return "\x1b" in chunk.text or "\r" in chunk.text or wanted in chunk.text.casefold()


def _matching(chunk: LogChunk, wanted: str) -> Iterator[Line]:
    return (line for line in lines_of(chunk) if wanted in plain(line.text).casefold())
