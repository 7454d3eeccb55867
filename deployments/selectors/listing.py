"""Lists in pages for scripts, each with a constant number of queries.

Each fetches one row more than a page has: that one says that there is another page.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import takewhile

from django.db.models import Q, prefetch_related_objects
from django.utils import timezone

from deployments import rights
from deployments.exceptions import NotFound
from deployments.models import Application, Change, Environment, Host, Person
from deployments.selectors import applications as ways
from deployments.selectors import history, lookup
from deployments.selectors.cells import Cell
from deployments.selectors.feed import WINDOW


def applications(person: Person, after: str, limit: int) -> list[Application]:
    """Return the apps whose names come after this one, each with its environments."""
    rows = lookup.applications_for(person).filter(name__gt=after).order_by("name")
    return list(rows.prefetch_related("environments")[: limit + 1])


def environments(application: Application) -> list[Cell]:
    """Return what is said of each environment, in the order of promotion."""
    return [stop.cell for stop in ways.way(application)]


def cell(environment: Environment) -> Cell:
    """Return what is said of one environment."""
    for found in environments(environment.application):
        if found.environment == environment:
            return found
    raise NotFound(f"{environment} is gone.")


def hosts(person: Person, after: str, limit: int) -> list[Host]:
    """Return the hosts whose names come after this one, each with what is placed on it."""
    rows = lookup.hosts_for(person).filter(name__gt=after).order_by("name")
    return list(lookup.with_placements(rows, person)[: limit + 1])


def host(person: Person, name: str) -> Host:
    """Return one host, with what is placed on it."""
    found = lookup.host_for(person, name)
    prefetch_related_objects([found], lookup.placed(person))
    return found


def deployments(person: Person, query: str, before: int | None, limit: int) -> history.Page:
    """Return what the history's search finds, newest first, older than a number."""
    return history.find(person, query, before=before or 0, limit=limit)


@dataclass(frozen=True)
class Changes:
    """Some changes by their numbers, and where to read on."""

    rows: list[Change]
    after: int
    more: bool

    @property
    def newest(self) -> int:
        return self.rows[-1].pk if self.rows else 0


def changes(person: Person, after: int, limit: int) -> Changes:
    """Return the changes behind a number that the person may see.

    Numbers are given at INSERT and seen at COMMIT, so a lower one may appear late. Hence `after`
    stays a window behind what is new: whoever reads on from it is given the newest again, and
    what appeared among them meanwhile.
    """
    seen = Q(application__in=lookup.applications_for(person))
    if rights.may(person, "administer"):
        seen |= Q(application=None)
    found = Change.objects.filter(seen, pk__gt=after).order_by("pk")
    rows = list(found.select_related("person", "application", "environment")[: limit + 1])
    shown, settled = rows[:limit], timezone.now() - WINDOW
    old = [row.pk for row in takewhile(lambda row: row.at <= settled, shown)]
    return Changes(shown, old[-1] if old else after, len(rows) > limit and bool(old))
