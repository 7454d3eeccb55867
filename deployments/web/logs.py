"""A log as a page shows it: folded by phase, painted, a hundred lines to a chunk."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from html import escape

from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.text import slugify

from deployments.selectors.log import Line, Piece
from deployments.selectors.phases import Phases, PhaseSum
from deployments.terminal import plain
from deployments.web.ansi import Painter
from deployments.web.marks import marked

PER_CHUNK = 100
FEW = 300  # up to here, every fold is open


@dataclass(frozen=True)
class Fold:
    """The lines of one phase, on all hosts or on one."""

    name: str
    phase: PhaseSum | None
    chunks: list[SafeString]  # a hundred lines each, drawn: a template takes five times as long
    is_open: bool
    host: str = ""

    @property
    def slug(self) -> str:
        return slugify(f"{self.host} {self.name}") or "phase"


def folds(
    piece: Piece, found: Phases, host: str = "", *, always_open: bool = False, words: str = ""
) -> list[Fold]:
    """Return the lines by phase, in the order in which the phases first spoke.

    Where words are searched, they are marked in place of the colours.
    """
    painters: dict[str, Painter] = defaultdict(Painter)
    by_phase: dict[str, list[str]] = defaultdict(list)
    time = cache(_time)
    for line in piece.lines:
        out = marked(plain(line.text), [words]) if words else painters[line.host].paint(line.text)
        by_phase[line.phase].append(_drawn(line, time(line.at), out, is_hit=bool(words)))
    table = found.only(host) if host else found
    last = next(reversed(by_phase), "")
    return [
        Fold(
            name,
            table.named(name),
            [
                SafeString("".join(lines[start : start + PER_CHUNK]))
                for start in range(0, len(lines), PER_CHUNK)
            ],
            always_open or len(piece.lines) <= FEW or _is_open(table.named(name), name == last),
            host,
        )
        for name, lines in by_phase.items()
    ]


def _drawn(line: Line, time: str, out: SafeString, *, is_hit: bool) -> str:
    """Draw a line; one that was searched leads to where it stands."""
    number = line.number
    classes = f"ln{' err' if line.is_error else ''}{' hit' if is_hit else ''}"
    there = f"?at={number}#L{number}" if is_hit else f"#L{number}"
    return (
        f'<div class="{classes}" id="L{number}"><a href="{there}" aria-label="Line {number}">'
        f'{number}</a>{time}<span class="host">{escape(line.host)}</span>'
        f'<span class="out">{out}</span></div>'
    )


def _time(moment: datetime) -> str:
    local = timezone.localtime(moment)
    return f'<time datetime="{local.isoformat()}">{local:%H:%M:%S}</time>'


def _is_open(phase: PhaseSum | None, is_last: bool) -> bool:
    return is_last or phase is None or phase.status != "success"
