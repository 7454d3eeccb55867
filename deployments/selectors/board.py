"""Every application in every environment at one glance. Asks the database only, never a forge."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from statistics import mean

from django.db.models import OuterRef, QuerySet, Subquery

from deployments.models import Application, Deployment, Environment, Lock, Person
from deployments.selectors import locks, lookup
from deployments.selectors import running as runs
from deployments.selectors.running import Running

Status = Deployment.Status


@dataclass(frozen=True)
class Cell:
    """What is said of one environment: the newest try, and what runs if that is not plain then."""

    environment: Environment
    running: Running
    shown: Deployment | None = None
    behind: int = 0  # deployments that wait behind the one shown
    lock: Lock | None = None

    @property
    def live(self) -> Deployment | None:
        """Return what all hosts run, unless the deployment shown says so by itself."""
        whole = self.running.whole
        says_so = whole == self.shown and whole is not None and whole.status in PLAIN
        return None if says_so else whole

    @property
    def state(self) -> Deployment | str:
        """Return what its look is made of; going back is not the same as going on."""
        shown = self.shown
        if shown is not None and shown.kind == "rollback" and shown.status == Status.SUCCESS:
            return "rolledback"
        return shown or ""

    @property
    def is_loud(self) -> bool:
        """Return whether a person should look at it."""
        return self.shown is not None and self.shown.status in LOUD

    @property
    def when(self) -> datetime | None:
        shown = self.shown
        return (shown.finished_at or shown.started_at or shown.created_at) if shown else None


PLAIN = frozenset({Status.SUCCESS, Status.IN_PROGRESS})
LOUD = frozenset({Status.PENDING, Status.IN_PROGRESS, Status.FAILURE, Status.ERROR})


@dataclass(frozen=True)
class Row:
    application: Application
    cells: list[Cell | None]  # one for each column


@dataclass(frozen=True)
class Board:
    columns: list[str]
    rows: list[Row]
    mine: list[Deployment]
    held: list[Lock] = field(default_factory=list)  # by the person who looks
    counts: dict[str, int] = field(default_factory=dict)


def board(person: Person, since: datetime) -> Board:
    """Return all that the person may see. `since` is when their day began, for what failed."""
    environments = list(_environments(person))
    unfinished = list(
        lookup.deployments_for(person).filter(status__in=[*_UNFINISHED]).order_by("pk")
    )
    by_place = {
        (cell.environment.application_id, cell.environment.name): cell
        for cell in cells(environments, unfinished)
    }
    columns = columns_of(environments)
    return Board(
        columns=columns,
        rows=[_row(app, columns, by_place) for app in lookup.applications_for(person)],
        mine=[deployment for deployment in unfinished if deployment.person_id == person.pk],
        held=[
            cell.lock
            for cell in by_place.values()
            if cell.lock and cell.lock.person_id == person.pk
        ],
        counts=_counts(person, unfinished, since),
    )


_UNFINISHED = (Status.PENDING, Status.QUEUED, Status.IN_PROGRESS)


def columns_of(environments: Iterable[Environment]) -> list[str]:
    """Return the names of environments in the order in which most applications promote."""
    places: dict[str, list[int]] = defaultdict(list)
    for environment in environments:
        places[environment.name].append(environment.position)
    return sorted(places, key=lambda name: (mean(places[name]), name))


def _environments(person: Person) -> QuerySet[Environment]:
    return with_newest(lookup.environments_for(person).select_related(None))


def with_newest(environments: QuerySet[Environment]) -> QuerySet[Environment]:
    """Add the number of each environment's newest deployment, in the same query."""
    newest = Deployment.objects.filter(environment=OuterRef("pk")).order_by("-pk").values("pk")
    return environments.select_related("application", "current__person").annotate(
        newest=Subquery(newest[:1])
    )


def cells(environments: list[Environment], unfinished: list[Deployment]) -> list[Cell]:
    """Return what is said of each environment, which must come from `with_newest`."""
    newest = Deployment.objects.select_related("person").in_bulk(
        [number for e in environments if (number := getattr(e, "newest", None)) is not None]
    )
    going: dict[int, list[Deployment]] = defaultdict(list)
    for deployment in unfinished:
        going[deployment.environment_id].append(deployment)
    running, held = runs.of(environments), locks.of(environments)
    found = []
    for environment in environments:
        # What runs comes before what waits for it.
        line = sorted(going[environment.pk], key=lambda d: d.status != Status.IN_PROGRESS)
        shown = line[0] if line else newest.get(getattr(environment, "newest", None) or 0)
        behind, lock = max(0, len(line) - 1), held.get(environment.pk)
        found.append(Cell(environment, running[environment.pk], shown, behind, lock))
    return found


def _row(application: Application, columns: list[str], cells: dict[tuple[int, str], Cell]) -> Row:
    return Row(application, [cells.get((application.pk, name)) for name in columns])


def _counts(person: Person, unfinished: list[Deployment], since: datetime) -> dict[str, int]:
    failed = lookup.deployments_for(person).filter(
        status__in=[Status.FAILURE, Status.ERROR], finished_at__gte=since
    )
    going = [deployment.status for deployment in unfinished]
    counts: dict[str, int] = {status.value: going.count(status) for status in _UNFINISHED}
    return {**counts, "failed": failed.count()}
