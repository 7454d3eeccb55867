"""Looking for words, or for errors, in the whole log of a deployment."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import QuerySet, Subquery
from django.db.models.functions import Coalesce

from deployments.models import Deployment, LogChunk
from deployments.selectors.log import Line, lines_of
from deployments.selectors.phases import WRONG
from deployments.terminal import plain

MOST = 500  # lines that are shown at once
# Every line that log.ERROR matches has one of these.
TELLING = ("error", "fatal", "panic", "critical", "failed", "exception", "traceback")


@dataclass(frozen=True)
class Found:
    """The lines that hold the words, as many as a page shows."""

    lines: list[Line]
    more: bool
    after: int = 0  # the last chunk that was looked into; what is written later stands behind it

    @property
    def last(self) -> int:
        return self.lines[-1].number if self.lines else 0


@dataclass(frozen=True)
class Errors:
    """How many lines of a log tell of an error, and where the first stands."""

    count: int = 0
    first: int = 0


def find(deployment: Deployment, words: str, host: str = "", behind: int = 0) -> Found:
    """Return the lines behind one that hold a text; case and colours in between do not count."""
    wanted, after = words.casefold(), 0
    lines: list[Line] = []
    for chunk in _from(_chunks(deployment, host), behind).order_by("seq").iterator(chunk_size=50):
        after = chunk.seq
        if _may_hold(chunk, wanted):
            lines += [line for line in _matching(chunk, wanted) if line.number > behind]
        if len(lines) > MOST:
            break
    return Found(lines[:MOST], more=len(lines) > MOST, after=after)


def matching(lines: Iterable[Line], words: str) -> list[Line]:
    """Return those of the lines that hold a text."""
    wanted = words.casefold()
    return [line for line in lines if wanted in plain(line.text).casefold()]


def errors(deployment: Deployment, host: str = "") -> Errors:
    """Count the errors of the whole log."""
    chunks = _chunks(deployment, host).order_by("seq").iterator(chunk_size=50)
    found = [line.number for chunk in chunks for line in _errors_in(chunk)]
    return Errors(len(found), found[0]) if found else Errors()


def breaking_line(deployment: Deployment) -> int:
    """Return the line to look at first in a deployment that failed; nought where there is none.

    It is the first error that the phase wrote that went wrong, else the last line it wrote.
    """
    broken = deployment.phase_runs.filter(status__in=WRONG)
    wrong = broken.order_by("position", "host").first()
    if wrong is None:
        return 0
    written = LogChunk.objects.filter(deployment=deployment, host=wrong.host, phase=wrong.phase)
    last = 0
    for chunk in written.order_by("seq").iterator(chunk_size=50):
        if found := _errors_in(chunk):
            return found[0].number
        last = lines_of(chunk)[-1].number
    return last


def next_error(deployment: Deployment, number: int, host: str = "") -> int:
    """Return the number of the first error behind a line; nought where there is none."""
    chunks = _from(_chunks(deployment, host), number).order_by("seq").iterator(chunk_size=50)
    found = (line.number for chunk in chunks for line in _errors_in(chunk) if line.number > number)
    return next(found, 0)


def previous_error(deployment: Deployment, number: int, host: str = "") -> int:
    """Return the number of the last error before a line; nought where there is none."""
    chunks = _chunks(deployment, host).filter(first_line__lt=number).order_by("-seq")
    found = (
        line.number
        for chunk in chunks.iterator(chunk_size=50)
        for line in reversed(_errors_in(chunk))
        if line.number < number
    )
    return next(found, 0)


def _chunks(deployment: Deployment, host: str) -> QuerySet[LogChunk]:
    chunks = LogChunk.objects.filter(deployment=deployment)
    return chunks.filter(host=host) if host else chunks


def _from(chunks: QuerySet[LogChunk], number: int) -> QuerySet[LogChunk]:
    """Leave out the chunks that end before a line."""
    holds = chunks.filter(first_line__lte=number).order_by("-seq").values("seq")[:1]
    return chunks.filter(seq__gte=Coalesce(Subquery(holds), 0)) if number else chunks


def _errors_in(chunk: LogChunk) -> list[Line]:
    text = chunk.text.casefold()
    if not any(word in text for word in TELLING):  # as most chunks
        return []
    return [line for line in lines_of(chunk) if line.is_error]


def _may_hold(chunk: LogChunk, wanted: str) -> bool:
    """Tell at once of most chunks that they do not; control sequences may cut a word in two."""
    return "\x1b" in chunk.text or "\r" in chunk.text or wanted in chunk.text.casefold()


def _matching(chunk: LogChunk, wanted: str) -> list[Line]:
    return matching(lines_of(chunk), wanted)
