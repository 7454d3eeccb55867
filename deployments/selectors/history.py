"""The history: what was deployed, found by the grammar of `deployments.search`.

Page, API and chat ask here. A page further back begins at a number, and costs what the first does.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Max, QuerySet

from deployments.models import Deployment, Person
from deployments.selectors import reading
from deployments.selectors.asked import Asked, ask
from deployments.selectors.patience import Patience, TookTooLong, limited
from deployments.selectors.reading import Found, Row

RECENT = 20
PAGE = 50
# What was frozen before, or is set now, is long, and no list shows it.
LONG = ("previous__settings", "environment__application__settings")
SKEW = timedelta(hours=1)  # more than clocks differ by, and than a transaction lasts


@dataclass(frozen=True)
class Reached:
    """How far a search came in its time: all from the newest down to this one, or up to it."""

    number: int
    at: datetime | None  # when it was asked for
    upwards: bool


@dataclass(frozen=True)
class Page:
    """Some of what was found, newest first, and where to go on from."""

    deployments: list[Deployment]
    newer: int | None = None  # ask for what comes `after` it
    older: int | None = None  # ask for what comes `before` it
    reached: Reached | None = None  # if time was over before all was looked through


def lately(deployments: QuerySet[Deployment]) -> list[Deployment]:
    """Return the newest few, with all that a table of them shows."""
    return list(
        deployments.select_related("environment__application", "person", "previous")[:RECENT]
    )


def find(person: Person, text: str, *, before: int = 0, after: int = 0, limit: int = PAGE) -> Page:
    """Return a page of what a query finds. Raises Refused with all that is not understood."""
    with limited():
        return page(ask(person, text), before=before, after=after, limit=limit)


def page(
    asked: Asked,
    *,
    before: int = 0,
    after: int = 0,
    limit: int = PAGE,
    newest: Found | None = None,
) -> Page:
    """Return the newest, those before a number, or those after one. `newest`: if known already."""
    if after:
        found = rows_of(asked, limit + 1, above=after, upwards=True)
    elif before or newest is None:
        found = rows_of(asked, limit + 1, below=before)
    else:
        found = newest
    numbers = sorted((row.pk for row in found.rows[:limit]), reverse=True)
    more, reached = len(found.rows) > limit, _reached(found)
    newer = numbers[0] if numbers and (before or (after and more)) else None
    older = numbers[-1] if numbers and (after or more) else None
    if reached is not None and not more:
        newer, older = (reached.number, older) if reached.upwards else (newer, reached.number)
    return Page(_shown(numbers), newer, older, None if more else reached)


def _reached(found: Found) -> Reached | None:
    """Return how far it came, if that was not all."""
    if found.left is None:
        return None
    upwards, all_ = found.left.upwards, Deployment.objects.order_by("pk")
    number = found.left.low if upwards else found.left.high + 1
    near = all_.filter(pk__lte=number).reverse() if upwards else all_.filter(pk__gte=number)
    return Reached(number, near.values_list("created_at", flat=True).first(), upwards)


def pages(asked: Asked, size: int) -> Iterator[list[Deployment]]:
    """Yield all that is found, some at a time, newest first, however long it takes.
    Raises TookTooLong where not even one number is looked through in the time of a search."""
    below = 0
    while True:
        asked.patience = Patience()
        found = rows_of(asked, size, below=below)
        if found.rows:
            yield _shown([row.pk for row in found.rows])
        if found.left is None and len(found.rows) < size:
            return
        if found.left is not None and found.left.high + 1 == below:
            raise TookTooLong
        below = found.left.high + 1 if found.left else found.rows[-1].pk


def rows_of(
    asked: Asked, limit: int, *, below: int = 0, above: int = 0, upwards: bool = False
) -> Found:
    """Return up to `limit` rows, newest first; `upwards` oldest first."""
    low, high = _bounds(asked, below, above)
    return reading.rows_of(asked, limit, low, high, upwards=upwards)


def rows_near(asked: Asked, limit: int) -> tuple[list[Row], bool]:
    """Return the newest rows as far as the first step goes, and whether that was all there is."""
    return reading.rows_near(asked, limit, *_bounds(asked))


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
    rows = Deployment.objects.select_related(
        "environment__application__repository", "person", "previous"
    )
    found = rows.defer(*LONG).in_bulk(numbers)
    return [found[number] for number in numbers if number in found]
