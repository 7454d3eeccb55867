"""The lines of logs in which a search found its words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from deployments.models import Deployment, Indexing, LogChunk
from deployments.search import SHORTEST
from deployments.selectors import words
from deployments.selectors.log import Line, lines_of

SHOWN = 3  # lines of one deployment


@dataclass(frozen=True)
class Hits:
    """Lines of one deployment's log."""

    lines: list[Line]
    more: bool  # there are others


def hits(deployments: Sequence[Deployment], texts: Sequence[str]) -> dict[int, Hits]:
    """Return the first lines of each deployment that have any of the texts."""
    looked_for = [text.casefold() for text in texts if len(text) >= SHORTEST]
    if not looked_for or not deployments:
        return {}
    found: dict[int, list[Line]] = defaultdict(list)
    wanted = words.chunks(looked_for, [one.pk for one in deployments])
    for chunk in LogChunk.objects.filter(pk__in=wanted).order_by("deployment", "seq"):
        found[chunk.deployment_id] += _matching(chunk, looked_for)
    return {pk: Hits(lines[:SHOWN], len(lines) > SHOWN) for pk, lines in found.items() if lines}


def are_some_unindexed() -> bool:
    """Return whether logs from before the index was made are still to be indexed."""
    return Indexing.objects.filter(oldest__gt=0).exists()


def _matching(chunk: LogChunk, texts: Iterable[str]) -> list[Line]:
    lines = lines_of(chunk)
    return [line for line in lines if any(text in line.text.casefold() for text in texts)]
