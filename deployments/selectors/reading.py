"""Reads what a search finds from the newest down, or upwards, in a few steps whatever there is.

Without a text a step is a range of numbers. With one it is a list: of the deployments with the
text, or of those that answer to everything else, whichever were fewer among the newest. Each step
tells how common a match is, and so how far the next one goes; the last step takes all the rest.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from django.db.models import QuerySet

from deployments.models import Deployment
from deployments.selectors import words
from deployments.selectors.asked import Asked
from deployments.selectors.patience import TookTooLong, asking
from deployments.selectors.words import Among, Listed, Sought

FIRST = 2_000  # numbers in the first step
FIRST_OF_TEXTS = 1_000
TURNS = 3  # steps; the last one takes all
MOST = 10_000  # deployments that are listed
SHORTER = 8  # times, that a step is tried again after one that took too long


class Row(NamedTuple):
    """What is read of each deployment to find it, count it and page by it."""

    pk: int
    status: str
    reason: str
    environment: int
    person: int
    via: str


FIELDS = ("pk", "status", "reason", "environment", "person", "via")


class Span(NamedTuple):
    """The numbers that are still to be looked through: above `low` and up to `high`."""

    low: int
    high: int
    upwards: bool

    @property
    def width(self) -> int:
        return self.high - self.low

    def begin(self, width: int) -> Among:
        """Return so much of it, from the end that is read first."""
        if self.upwards:
            return Among(self.low, min(self.high, self.low + width))
        return Among(max(self.low, self.high - width), self.high)

    def behind(self, those: Among, listed: Listed | None = None) -> Span:
        """Return what is left when those were looked through, as far as was listed of them."""
        edge = listed.numbers[-1] if listed and not listed.whole else None
        if self.upwards:
            return self._replace(low=those.high if edge is None else edge)
        return self._replace(high=those.low if edge is None else edge - 1)


@dataclass
class Seen:
    """How much was looked at, and how much of it was found."""

    numbers: int
    listed: int
    hits: int
    rate: float  # what share of those listed may be expected, before anything was found

    def wanted(self, missing: int) -> int:
        """Return how many to list to find as many more, with some to spare."""
        rate = self.hits / self.listed if self.hits else self.rate
        return min(MOST, int(1.5 * missing / rate) + 20) if rate else MOST

    def width(self, wanted: int) -> int:
        """Return among how many numbers there are as many to be listed."""
        return wanted * self.numbers // self.listed if self.listed else 2**62


class Found(NamedTuple):
    """What was found between two numbers, and what was not looked through in time."""

    rows: list[Row]
    left: Span | None = None


def rows_of(asked: Asked, limit: int, low: int, high: int, *, upwards: bool = False) -> Found:
    """Return up to `limit` rows between two numbers, newest first; `upwards` oldest first."""
    span = Span(low, high, upwards)
    way = (_ByRanges if asked.lead is None else _ByLists)(asked, limit, span)
    while way.missing > 0 and way.span.width:
        try:
            with asking():
                way.step()
        except TookTooLong:
            way.farthest = max(1, way.tried // SHORTER)
        if asked.patience.is_over:
            break
    is_unfinished = way.missing > 0 and way.span.width > 0
    return Found(way.found, way.span if is_unfinished else None)


def rows_near(asked: Asked, limit: int, low: int, high: int) -> tuple[list[Row], bool]:
    """Return the newest rows as far as the first step goes, and whether that was all there is.
    Raises TookTooLong."""
    span = Span(low, high, upwards=False)
    with asking():
        if asked.lead is None:
            those = span.begin(FIRST)
            rows = _rows(asked.within(those.low, those.high), limit, "-pk")
        else:
            those = span.begin(FIRST_OF_TEXTS)
            lead = _rarest_in(asked, those, span)
            rows = _listed_rows(asked, lead, limit, "-pk", but_lead=True)
    return rows, those.low <= low and len(rows) < limit


class _Way:
    """How far a search has come."""

    def __init__(self, asked: Asked, limit: int, span: Span) -> None:
        self.asked, self.limit, self.span = asked, limit, span
        self.found: list[Row] = []
        self.turn = 0
        self.tried = 0  # how many numbers the last step was about
        self.farthest = 2**62  # that a step may go, after one that took too long

    @property
    def missing(self) -> int:
        return self.limit - len(self.found)

    @property
    def order(self) -> str:
        return "pk" if self.span.upwards else "-pk"

    def begin(self, width: int) -> Among:
        """Return the numbers that the next step is about."""
        those = self.span.begin(min(width, self.farthest))
        self.tried = those.high - those.low
        return those


class _ByRanges(_Way):
    def __init__(self, asked: Asked, limit: int, span: Span) -> None:
        super().__init__(asked, limit, span)
        self.width = FIRST * (10 if asked.few else 1)

    def step(self) -> None:
        width = self.width
        if self.turn >= TURNS - 1 or width * 3 > self.span.width:
            width = self.span.width  # an index is not halved by half a range
        those = self.begin(width)
        rows = _rows(self.asked.within(those.low, those.high), self.missing, self.order)
        self.found += rows
        self.span = self.span.behind(those)
        self.turn += 1
        self.width = _wider(self.tried, len(rows), self.missing)


def _wider(width: int, hits: int, missing: int) -> int:
    """Return how much further to look. What was hardly found so far is rare: then everywhere."""
    return width * missing * 3 // (hits * 2) if hits else 2**62


class _ByLists(_Way):
    seen: Seen
    by_text: bool

    def step(self) -> None:
        if not self.turn:
            self._begin()
        elif self.turn < TURNS:
            self._go_on()
        else:
            self._end()
        self.turn += 1

    def _begin(self) -> None:
        """Find among the newest, and learn there what is rarest."""
        asked, those = self.asked, self.begin(FIRST_OF_TEXTS)
        texts = _rarest_in(asked, those, self.span)
        others = _others_in(asked, those, self.order)
        self.by_text = others is None or len(texts) <= len(others)
        lead, other = (texts, others) if self.by_text else (others or [], texts)
        self.found += self._rows(lead)
        expected = len(other or []) / self.tried
        self.seen = Seen(self.tried, len(lead), len(self.found), expected)
        self.span = self.span.behind(those)

    def _go_on(self) -> None:
        """List as many as should be enough, and find among those."""
        listed, those = self._list()
        rows = self._rows(listed.numbers)
        left = self.span.behind(those, listed)
        self.seen.numbers += self.span.width - left.width
        self.seen.listed += len(listed.numbers)
        self.seen.hits += len(rows)
        self.found, self.span = self.found + rows, left

    def _end(self) -> None:
        """Look through all the rest at once."""
        those = self.begin(self.span.width)
        self.found += _rows(self.asked.within(those.low, those.high), self.missing, self.order)
        self.span = self.span.behind(those)

    def _list(self) -> tuple[Listed, Among]:
        """List what is to be looked at next, and tell among which numbers that is."""
        wanted = self.seen.wanted(self.missing)
        those = self.begin(max(FIRST, self.seen.width(wanted)))
        if self.by_text and self.asked.lead is not None:
            return words.first(self.asked.lead, those, wanted, upwards=self.span.upwards), those
        rows = self.asked.within(those.low, those.high, texts=False).order_by(self.order)
        numbers = list(rows.values_list("pk", flat=True)[:wanted])
        return Listed(numbers, len(numbers) < wanted), those

    def _rows(self, numbers: list[int]) -> list[Row]:
        return _listed_rows(self.asked, numbers, self.missing, self.order, but_lead=self.by_text)


def _rarest_in(asked: Asked, those: Among, span: Span) -> list[int]:
    """List the deployments with the rarest of the texts, and begin with that one from now on."""
    if asked.lead is None or those.low >= those.high:
        return []
    found = {text: _texts_in(asked, text[0], those, span) for text in asked.texts if not text[1]}
    asked.texts.sort(key=lambda text: (text[1], len(found.get(text, []))))
    return found[asked.texts[0]]


def _texts_in(asked: Asked, sought: Sought, those: Among, span: Span) -> list[int]:
    """List the deployments with a text, once for all that is counted among them."""
    if (sought, those) not in asked.listed:
        most = 2**31  # all: chunks of logs are listed, of which a deployment may have very many
        asked.listed[sought, those] = words.first(sought, those, most, upwards=span.upwards)
    return asked.listed[sought, those].numbers


def _others_in(asked: Asked, those: Among, order: str) -> list[int] | None:
    """List those that answer to everything but texts, if anything else is asked for."""
    if not asked.is_narrowed:
        return None
    rows = asked.within(those.low, those.high, texts=False).order_by(order)
    return list(rows.values_list("pk", flat=True))


def _listed_rows(
    asked: Asked, numbers: list[int], limit: int, order: str, *, but_lead: bool
) -> list[Row]:
    texts = asked.texts[1:] if but_lead else asked.texts
    if (
        numbers and texts and (asked.is_narrowed or asked.refs)
    ):  # by far the cheaper of the two to look at
        numbers = list(asked.among(numbers).values_list("pk", flat=True))
    for sought, negative in texts:
        having = words.having(sought, numbers) if numbers else set()
        numbers = [number for number in numbers if (number in having) != negative]
    return _rows(asked.among(numbers), limit, order) if numbers else []


def _rows(deployments: QuerySet[Deployment], limit: int, order: str) -> list[Row]:
    return list(map(Row._make, deployments.order_by(order).values_list(*FIELDS)[:limit]))
