"""The history: what was deployed, found by the grammar of `deployments.search`.

Page, API and chat ask here. What is found is read by number, from the newest down, in up to three
ranges: the first tells how common it is, and so how far to look next; what is rare is then found by
its index. So neither do queries grow with rows, nor does a page far back cost more than the first.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple

from django.db.models import Max, QuerySet

from deployments.models import Deployment, Person
from deployments.selectors.asked import Asked, ask

RECENT = 20
PAGE = 50
FIRST = 2_000  # numbers in the first range
TURNS = 3  # ranges; the last is all the rest
SKEW = timedelta(hours=1)  # more than clocks differ by, and than a transaction lasts


class Row(NamedTuple):
    """What is read of each deployment to find it, count it and page by it."""

    pk: int
    status: str
    reason: str
    environment: int
    person: int
    via: str


FIELDS = ("pk", "status", "reason", "environment", "person", "via")


@dataclass(frozen=True)
class Page:
    """Some of what was found, newest first, and where to go on from."""

    deployments: list[Deployment]
    newer: int | None = None  # ask for what comes `after` it
    older: int | None = None  # ask for what comes `before` it


def lately(deployments: QuerySet[Deployment]) -> list[Deployment]:
    """Return the newest few, with all that a table of them shows."""
    return list(
        deployments.select_related("environment__application", "person", "previous")[:RECENT]
    )


def find(person: Person, text: str, *, before: int = 0, after: int = 0, limit: int = PAGE) -> Page:
    """Return a page of what a query finds. Raises Refused with all that is not understood."""
    return page(ask(person, text), before=before, after=after, limit=limit)


def page(
    asked: Asked,
    *,
    before: int = 0,
    after: int = 0,
    limit: int = PAGE,
    newest: list[Row] | None = None,
) -> Page:
    """Return the newest, those before a number, or those after one. `newest`: if known already."""
    if after:
        rows = rows_of(asked, limit + 1, above=after, upwards=True)
    elif before or newest is None:
        rows = rows_of(asked, limit + 1, below=before)
    else:
        rows = newest
    numbers = sorted((row.pk for row in rows[:limit]), reverse=True)
    more = len(rows) > limit
    return Page(
        _shown(numbers),
        newer=numbers[0] if numbers and (before or (after and more)) else None,
        older=numbers[-1] if numbers and (after or more) else None,
    )


def pages(asked: Asked, size: int) -> Iterator[list[Deployment]]:
    """Yield all that is found, some at a time, newest first."""
    below = 0
    while rows := rows_of(asked, size, below=below):
        yield _shown([row.pk for row in rows])
        below = rows[-1].pk


def rows_of(
    asked: Asked, limit: int, *, below: int = 0, above: int = 0, upwards: bool = False
) -> list[Row]:
    """Return up to `limit` rows, newest first; `upwards` oldest first."""
    low, high = _bounds(asked, below, above)
    found, width = list[Row](), FIRST * (10 if asked.few else 1)
    for turn in range(TURNS):
        if turn == TURNS - 1 or width * 3 > high - low:  # an index is not halved by half a range
            width = high - low
        middle = min(high, low + width) if upwards else max(low, high - width)
        rows = (
            _rows(asked, low, middle, limit - len(found), "pk")
            if upwards
            else (_rows(asked, middle, high, limit - len(found), "-pk"))
        )
        found += rows
        low, high = (middle, high) if upwards else (low, middle)
        if len(found) >= limit or low >= high:
            break
        width = _wider(width, len(rows), limit - len(found))
    return found


def rows_near(asked: Asked, limit: int) -> tuple[list[Row], bool]:
    """Return the newest rows as far as the first range goes, and whether that was all there is."""
    low, high = _bounds(asked)
    rows = _rows(asked, max(low, high - FIRST), high, limit, "-pk")
    return rows, high - low <= FIRST and len(rows) < limit


def _rows(asked: Asked, low: int, high: int, limit: int, order: str) -> list[Row]:
    rows = asked.within(low, high).order_by(order).values_list(*FIELDS)[:limit]
    return list(map(Row._make, rows))


def _wider(width: int, hits: int, missing: int) -> int:
    """Return how much further to look. What was hardly found so far is rare: then everywhere."""
    return width * missing * 3 // (hits * 2) if hits else 2**62


def _bounds(asked: Asked, below: int = 0, above: int = 0) -> tuple[int, int]:
    """Return the numbers between which all lies. Dates are turned into numbers, with room to
    spare: numbers are given in about the order of time."""
    all_ = Deployment.objects.order_by()
    low, high = above, below - 1 if below else all_.aggregate(last=Max("pk"))["last"] or 0
    if asked.since is not None:
        later = all_.filter(created_at__gte=asked.since - SKEW).order_by("created_at")
        first = later.values_list("pk", flat=True).first()
        low = high if first is None else max(low, first - 1)
    if asked.until is not None:
        sooner = all_.filter(created_at__lt=asked.until + SKEW).order_by("-created_at")
        high = min(high, sooner.values_list("pk", flat=True).first() or 0)
    return low, high


def _shown(numbers: list[int]) -> list[Deployment]:
    """Read what is shown of each, in that order."""
    found = Deployment.objects.select_related(
        "environment__application__repository", "person", "previous"
    ).in_bulk(numbers)
    return [found[number] for number in numbers if number in found]
