"""A log as a page shows it: folded by phase, painted, a hundred lines to a chunk."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

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
class Shown:
    line: Line
    out: SafeString


@dataclass(frozen=True)
class Fold:
    """The lines of one phase, on all hosts or on one."""

    name: str
    phase: PhaseSum | None
    chunks: list[list[Shown]]
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
    by_phase: dict[str, list[Shown]] = defaultdict(list)
    for line in piece.lines:
        out = marked(plain(line.text), [words]) if words else painters[line.host].paint(line.text)
        by_phase[line.phase].append(Shown(line, out))
    table = found.only(host) if host else found
    last = next(reversed(by_phase), "")
    return [
        Fold(
            name,
            table.named(name),
            [lines[start : start + PER_CHUNK] for start in range(0, len(lines), PER_CHUNK)],
            always_open or len(piece.lines) <= FEW or _is_open(table.named(name), name == last),
            host,
        )
        for name, lines in by_phase.items()
    ]


def _is_open(phase: PhaseSum | None, is_last: bool) -> bool:
    return is_last or phase is None or phase.status != "success"
