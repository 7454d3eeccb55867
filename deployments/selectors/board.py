"""Every application in every environment at one glance, and what concerns the person who looks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import mean

from django.db.models import QuerySet

from deployments.models import Application, Deployment, Environment, Lock, Person
from deployments.models.deployment import UNFINISHED
from deployments.selectors import approvals, cells, locks, lookup, progress, waiting
from deployments.selectors.cells import Cell
from deployments.selectors.progress import Progress
from deployments.selectors.waiting import Reason

LATELY = 50  # of a person's deployments: their applications are theirs


@dataclass(frozen=True)
class Row:
    application: Application
    cells: list[Cell | None]  # one for each column
    starred: bool = False
    mine: bool = False

    def has(self, fits: Callable[[Cell], bool]) -> bool:
        return any(cell is not None and fits(cell) for cell in self.cells)


# What the board can be narrowed to, and what a row of it has then.
SHOWS: Mapping[str, Callable[[Row], bool]] = {
    "mine": lambda row: row.starred or row.mine,
    "running": lambda row: row.has(lambda cell: cell.is_going),
    "failed": lambda row: row.has(lambda cell: cell.has_failed),
    "behind": lambda row: row.has(lambda cell: cell.drift > 0),
    "locked": lambda row: row.has(lambda cell: cell.lock is not None),
}


@dataclass(frozen=True)
class Board:
    columns: list[str]
    rows: list[Row]  # starred ones first, then the person's own


@dataclass(frozen=True)
class Mine:
    """One of the person's own that has not ended."""

    deployment: Deployment
    progress: Progress | None
    waits: Reason | None


@dataclass(frozen=True)
class Glance:
    """What stands above the board."""

    counts: dict[str, int]
    mine: list[Mine]
    held: list[Lock]  # by the person who looks
    asked: list[Deployment]  # that wait for their approval


def glance(person: Person, going: list[Deployment], since: datetime, workers: int) -> Glance:
    """Return the line of truth and the person's own. `since` is when their day began."""
    mine = [one for one in going if one.person_id == person.pk]
    how_far = progress.of(mine)
    held = locks.of({one.environment_id: one.environment for one in going}.values())
    why = waiting.reasons(going, held, workers, person)
    return Glance(
        _counts(person, going, since),
        [Mine(one, how_far.get(one.pk), why.get(one.pk)) for one in mine],
        list(locks.locks_for(person).filter(person=person)),
        approvals.among(person, going),
    )


def unfinished(person: Person) -> list[Deployment]:
    """Return all that has not ended, with what its reasons are told from."""
    found = cells.lean(lookup.deployments_for(person).filter(status__in=UNFINISHED).order_by("pk"))
    environments = _environments(person, {one.environment_id for one in found})
    for one in cells.with_people(found):
        one.environment = environments[one.environment_id]
    return list(found)


def _environments(person: Person, numbers: set[int]) -> dict[int, Environment]:
    found = lookup.environments_for(person).select_related(None).select_related("application")
    return found.in_bulk(numbers)


def board(person: Person, going: list[Deployment], workers: int = 1) -> Board:
    """Return all that the person may see; `going` are the unfinished ones of it."""
    applications = {app.pk: app for app in _applications(person)}
    environments = list(_of(_living(person), applications))
    by_place = {
        (cell.environment.application_id, cell.environment.name): cell
        for cell in cells.cells(environments, going, workers, cells.GLANCED)
    }
    columns = columns_of(environments)
    starred = set(person.stars.values_list("application_id", flat=True))
    mine = _mine(person, environments)
    rows = [
        Row(app, [by_place.get((pk, name)) for name in columns], pk in starred, pk in mine)
        for pk, app in applications.items()
    ]
    return Board(columns, sorted(rows, key=_first_ones_first))


def cell(person: Person, number: int, workers: int = 1) -> Cell | None:
    """Return what is said of one environment, if the person may see it."""
    seen = lookup.environments_for(person).filter(pk=number).select_related(None)
    environments = list(cells.with_newest(seen.select_related("application")))
    going = [one for one in unfinished(person) if one.environment_id == number]
    found = cells.cells(environments, going, workers)
    return found[0] if found else None


def _applications(person: Person) -> Iterable[Application]:
    living = lookup.applications_for(person).filter(archived_at=None)
    return living.only("name", "repository__name")


def _living(person: Person) -> QuerySet[Environment]:
    """Return the environments that are not archived, nor their apps."""
    seen = lookup.environments_for(person)
    return seen.filter(archived_at=None, application__archived_at=None)


def _of(
    seen: QuerySet[Environment], applications: Mapping[int, Application]
) -> Iterator[Environment]:
    """Give the environments, each with its application, which is at hand."""
    application = Environment.application.field
    lean = seen.select_related(None).only("name", "position", "application_id", "current_id")
    for environment in cells.with_newest(lean.order_by("position", "name")):
        application.set_cached_value(environment, applications[environment.application_id])
        yield environment


def _mine(person: Person, environments: Sequence[Environment]) -> set[int]:
    """Return the applications that the person deployed lately or holds a lock in."""
    lately = person.deployments.order_by("-pk").values_list("environment_id", flat=True)[:LATELY]
    held = person.locks.filter(locks.holding()).values_list("environment_id", flat=True)
    own = {*lately, *held}
    return {each.application_id for each in environments if each.pk in own}


def _first_ones_first(row: Row) -> tuple[bool, bool, str]:
    return not row.starred, not row.mine, row.application.name


def columns_of(environments: Iterable[Environment]) -> list[str]:
    """Return the names of environments in the order in which most applications promote."""
    places: dict[str, list[int]] = defaultdict(list)
    for environment in environments:
        places[environment.name].append(environment.position)
    return sorted(places, key=lambda name: (mean(places[name]), name))


def _counts(person: Person, unfinished: list[Deployment], since: datetime) -> dict[str, int]:
    failed = lookup.deployments_for(person).filter(
        status__in=["failure", "error"], finished_at__gte=since
    )
    going = [deployment.status for deployment in unfinished]
    counts: dict[str, int] = {status: going.count(status) for status in UNFINISHED}
    return {**counts, "failed": failed.count()}
