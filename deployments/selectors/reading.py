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
from deployments.selectors.words import Among, Listed, Sought

FIRST = 2_000  # numbers in the first step
FIRST_OF_TEXTS = 1_000
TURNS = 3  # steps; the last one takes all
MOST = 10_000  # deployments that are listed


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
        return 2 * wanted * self.numbers // self.listed if self.listed else 2**62


def rows_of(asked: Asked, limit: int, low: int, high: int, *, upwards: bool = False) -> list[Row]:
    """Return up to `limit` rows between two numbers, newest first; `upwards` oldest first."""
    span = Span(low, high, upwards)
    return (_by_ranges if asked.lead is None else _by_lists)(asked, limit, span)


def rows_near(asked: Asked, limit: int, low: int, high: int) -> tuple[list[Row], bool]:
    """Return the newest rows as far as the first step goes, and whether that was all there is."""
    span = Span(low, high, upwards=False)
    if asked.lead is None:
        those = span.begin(FIRST)
        rows = _rows(asked.within(those.low, those.high), limit, "-pk")
    else:
        those = span.begin(FIRST_OF_TEXTS)
        rows = _listed_rows(asked, _rarest_in(asked, those, span), limit, "-pk", but_lead=True)
    return rows, those.low <= low and len(rows) < limit


def _by_ranges(asked: Asked, limit: int, span: Span) -> list[Row]:
    found, width = list[Row](), FIRST * (10 if asked.few else 1)
    for turn in range(TURNS):
        if turn == TURNS - 1 or width * 3 > span.width:  # an index is not halved by half a range
            width = span.width
        those = span.begin(width)
        rows = _rows(asked.within(those.low, those.high), limit - len(found), _order(span))
        found += rows
        span = span.behind(those)
        if len(found) >= limit or not span.width:
            break
        width = _wider(width, len(rows), limit - len(found))
    return found


def _wider(width: int, hits: int, missing: int) -> int:
    """Return how much further to look. What was hardly found so far is rare: then everywhere."""
    return width * missing * 3 // (hits * 2) if hits else 2**62


def _by_lists(asked: Asked, limit: int, span: Span) -> list[Row]:
    those = span.begin(FIRST_OF_TEXTS)
    texts, others = _rarest_in(asked, those, span), _others_in(asked, those, span)
    by_text = others is None or len(texts) <= len(others)
    lead = texts if by_text else others or []
    found = _listed_rows(asked, lead, limit, _order(span), but_lead=by_text)
    other = (len(others) if by_text else len(texts)) if others is not None else 0
    numbers = those.high - those.low
    seen = Seen(numbers, len(lead), len(found), other / numbers if numbers else 0)
    span = span.behind(those)
    for _ in range(TURNS - 1):
        missing = limit - len(found)
        if missing <= 0 or not span.width:
            return found
        listed, those = _list(asked, span, seen, missing, by_text=by_text)
        rows = _listed_rows(asked, listed.numbers, missing, _order(span), but_lead=by_text)
        found += rows
        left = span.behind(those, listed)
        seen.numbers += span.width - left.width
        seen.listed += len(listed.numbers)
        seen.hits += len(rows)
        span = left
    if len(found) < limit and span.width:
        found += _rows(asked.within(span.low, span.high), limit - len(found), _order(span))
    return found


def _list(
    asked: Asked, span: Span, seen: Seen, missing: int, *, by_text: bool
) -> tuple[Listed, Among]:
    """List what is to be looked at next, and among which numbers that is."""
    wanted = seen.wanted(missing)
    those = span.begin(max(FIRST, seen.width(wanted)))
    if by_text and asked.lead is not None:
        return words.first(asked.lead, those, wanted, upwards=span.upwards), those
    rows = asked.within(those.low, those.high, texts=False).order_by(_order(span))
    numbers = list(rows.values_list("pk", flat=True)[:wanted])
    return Listed(numbers, len(numbers) < wanted), those


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


def _others_in(asked: Asked, those: Among, span: Span) -> list[int] | None:
    """List those that answer to everything but texts, if anything else is asked for."""
    if not asked.is_narrowed:
        return None
    rows = asked.within(those.low, those.high, texts=False).order_by(_order(span))
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


def _order(span: Span) -> str:
    return "pk" if span.upwards else "-pk"
