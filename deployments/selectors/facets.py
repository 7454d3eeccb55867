"""How what a search finds spreads over states, places, people and ways in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from deployments import search
from deployments.selectors.asked import Asked
from deployments.selectors.history import rows_near, rows_of
from deployments.selectors.patience import TookTooLong
from deployments.selectors.reading import Found, Row

MOST = 200  # deployments that are counted; more are “200+”
MOST_WITH_TEXT = 100  # the same where a text is looked for, which takes longer
SHOWN = 8  # values of one key
# The values offered for a state, each with the status and reason that it looks like.
STATES = {
    "failure": "failure",
    "timed_out": "failure:timed_out",
    "partly": "failure:partly",
    "error": "error",
    "cancelled": "cancelled",
    "success": "success",
    "running": "in_progress",
    "waiting": "pending",
}


@dataclass(frozen=True)
class Value:
    """One value of a key, how many have it, and the search that asks for it, or no longer does."""

    label: str
    count: int
    chosen: bool
    query: str
    state: str = ""  # a status, or a status and its reason


@dataclass(frozen=True)
class Facet:
    label: str
    values: list[Value]
    more: bool  # there are more than were counted


@dataclass(frozen=True)
class Tally:
    """What was found, counted as far as `most`."""

    most: int
    found: Found  # one more than that, if there is
    facets: list[Facet]

    @property
    def count(self) -> int:
        return min(len(self.found.rows), self.most)

    @property
    def more(self) -> bool:
        """Return whether there are or may be more than were counted."""
        return not _is_all(self.found, self.most)

    @property
    def chosen(self) -> int:
        return sum(value.chosen for facet in self.facets for value in facet.values)


def tally(asked: Asked) -> Tally:
    """Count what a query finds, and for each key what it would find with each of its values."""
    most = MOST_WITH_TEXT if asked.texts else MOST
    found = rows_of(asked, most + 1)
    facets = [_facet(key, label, asked, found, most) for key, label in LABELS.items()]
    return Tally(most, found, [facet for facet in facets if facet.values])


def _is_all(found: Found, most: int) -> bool:
    return len(found.rows) <= most and found.left is None


LABELS = {"state": "State", "env": "Environment", "app": "App", "by": "Who", "via": "Cause"}


def _facet(key: str, label: str, asked: Asked, found: Found, most: int) -> Facet:
    """Count the values of one key among what is found whatever that key is."""
    rows, is_all = found.rows[:most], _is_all(found, most)
    if any(term.key == key for term in asked.query.terms):
        if asked.patience.is_over:
            is_all = False
        else:
            rows, is_all = _others(asked.without(key)) or (rows, False)
    values = _states(asked, rows) if key == "state" else _values(key, asked, rows)
    return Facet(label, values, not is_all)


def _others(asked: Asked) -> tuple[list[Row], bool] | None:
    """Return what is found whatever one key is; of what is dear to find only the newest, and
    nothing if that takes too long."""
    if not (asked.ranged or asked.texts):
        found = rows_of(asked, MOST + 1)
        return found.rows[:MOST], _is_all(found, MOST)
    try:
        return rows_near(asked, MOST)
    except TookTooLong:
        return None


def _states(asked: Asked, rows: list[Row]) -> list[Value]:
    counts = Counter(value for row in rows for value in STATES if _is(value, row))
    asked_for = [search.STATES[value] for value in asked.query.values("state")]
    made = []
    for value, state in STATES.items():
        chosen = any(_covers(other, search.STATES[value]) for other in asked_for)
        if counts[value] or chosen:
            query = _query(asked, "state", "" if chosen else value)
            made.append(Value("", counts[value], chosen, query, state))
    return made


def _is(value: str, row: Row) -> bool:
    statuses, reason = search.STATES[value]
    return row.status in statuses and reason in ("", row.reason)


def _covers(asked: tuple[tuple[str, ...], str], value: tuple[tuple[str, ...], str]) -> bool:
    return asked[1] == value[1] and set(value[0]) <= set(asked[0])


def _values(key: str, asked: Asked, rows: Iterable[Row]) -> list[Value]:
    counts = Counter(map(_reader(key, asked), rows))
    chosen = {name for name in counts if name[0] in _chosen(key, asked)}
    offered = [name for name, _ in counts.most_common(SHOWN)]
    return [
        Value(
            label,
            counts[value, label],
            (value, label) in chosen,
            _query(asked, key, "" if (value, label) in chosen else value),
        )
        for value, label in sorted(chosen.difference(offered)) + offered
    ]


def _reader(key: str, asked: Asked) -> Callable[[Row], tuple[str, str]]:
    """Return what reads a row's value of a key: as it is asked for, and as it is shown."""
    places, people = asked.known.places, asked.known.people
    if key == "env":
        return lambda row: (places[row.environment].name,) * 2
    if key == "app":
        return lambda row: (places[row.environment].app,) * 2
    if key == "by":
        return lambda row: (people[row.person][0], people[row.person][1] or people[row.person][0])
    return lambda row: (row.via,) * 2


def _chosen(key: str, asked: Asked) -> set[str]:
    """Return the values that are asked for, as rows have them."""
    values = asked.query.values(key)
    if key == "env":
        return {asked.known.places[pk].name for pk in asked.known.in_environments(values)}
    if key == "by":
        return {asked.known.people[pk][0] for pk in asked.known.called(values)}
    return set(values)


def _query(asked: Asked, key: str, value: str) -> str:
    return str(asked.query.choosing(key, *([value] if value else [])))
