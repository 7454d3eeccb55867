"""The lines of logs in which a search found its words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Q

from deployments.models import Deployment, Indexing, LogChunk
from deployments.search import SHORTEST
from deployments.selectors import words
from deployments.selectors.log import Line, lines_of

SHOWN = 3  # lines of one deployment
# Lines and chunks of a log that is read faster than the index is asked where to look in it.
SHORT = (200, 10)


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
    short = [one.pk for one in deployments if _is_short(one)]
    long = [one.pk for one in deployments if not _is_short(one)]
    there = Q(deployment__in=short)
    if long:
        there |= Q(pk__in=words.chunks(looked_for, long))
    for chunk in LogChunk.objects.filter(there).order_by("deployment", "seq"):
        found[chunk.deployment_id] += _matching(chunk, looked_for)
    return {pk: Hits(lines[:SHOWN], len(lines) > SHOWN) for pk, lines in found.items() if lines}


def are_some_unindexed() -> bool:
    """Return whether logs from before the index was made are still to be indexed."""
    return Indexing.objects.filter(oldest__gt=0).exists()


def _is_short(deployment: Deployment) -> bool:
    lines, chunks = SHORT
    return deployment.log_lines <= lines and deployment.log_seq <= chunks


def _matching(chunk: LogChunk, texts: Sequence[str]) -> list[Line]:
    whole = chunk.text.casefold()
    lines = lines_of(chunk) if any(text in whole for text in texts) else []
    return [line for line in lines if any(text in line.text.casefold() for text in texts)]
