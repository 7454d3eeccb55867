"""What is said of each environment at one glance. Asks the database only, never a forge.

Everything is loaded once and by what is shown: a board has a thousand of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import OuterRef, QuerySet, Subquery

from deployments.models import Deployment, Drift, Environment, Lock, Person
from deployments.selectors import locks, lookup, progress, waiting
from deployments.selectors import running as runs
from deployments.selectors.progress import Progress
from deployments.selectors.running import Running
from deployments.selectors.waiting import Reason

Status = Deployment.Status
PLAIN = frozenset({Status.SUCCESS, Status.IN_PROGRESS})
LOUD = frozenset({Status.PENDING, Status.IN_PROGRESS, Status.FAILURE, Status.ERROR})
GLANCED = ("environment_id", "person_id", "kind", "status", "reason", "sha", "finished_at")
SHOWN = (
    *GLANCED, "task", "ref", "subject", "note", "stop_at", "lease_until", "phase", "progress",
    "created_at", "queued_at", "started_at", "worker", "paused_at", "paused_until", "went_on_at",
    "waits_for",
)  # fmt: skip


@dataclass(frozen=True)
class Cell:
    """The newest try, what runs if that is not plain then, and all that is to be known beside."""

    environment: Environment
    running: Running
    shown: Deployment | None = None
    behind: int = 0  # deployments that wait behind the one shown
    lock: Lock | None = None
    drift: int = 0  # commits of the default branch that do not run there
    progress: Progress | None = None
    waits: Reason | None = None

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
    def is_going(self) -> bool:
        return self.shown is not None and self.shown.status == Status.IN_PROGRESS

    @property
    def has_failed(self) -> bool:
        return self.shown is not None and self.shown.status in (Status.FAILURE, Status.ERROR)

    @property
    def when(self) -> datetime | None:
        shown = self.shown
        return (shown.finished_at or shown.started_at or shown.created_at) if shown else None


def with_newest(environments: QuerySet[Environment]) -> QuerySet[Environment]:
    """Add the number of each environment's newest deployment, in the same query."""
    newest = Deployment.objects.filter(environment=OuterRef("pk")).order_by("-pk").values("pk")
    return environments.annotate(newest=Subquery(newest[:1]))


def lean(deployments: QuerySet[Deployment], fields: Sequence[str] = SHOWN) -> QuerySet[Deployment]:
    """Read only what is shown: what was frozen into a deployment is long."""
    return deployments.select_related(None).only(*fields)


def with_people(deployments: Iterable[Deployment]) -> list[Deployment]:
    """Give each its person, in one query for all."""
    found = list(deployments)
    people = Person.objects.only("username", "name").in_bulk({one.person_id for one in found})
    person = Deployment.person.field
    for one in found:
        person.set_cached_value(one, people[one.person_id])  # as assigning does, but at once
    return found


def cells(
    environments: Sequence[Environment],
    unfinished: Sequence[Deployment],
    workers: int = 1,
    fields: Sequence[str] = SHOWN,
) -> list[Cell]:
    """Return what is said of each environment; they come from `with_newest`, with their apps.

    `fields`: what is told of deployments that have ended.
    """
    rows = runs.placed(environments)
    by_number = _deployments(environments, rows, fields)
    by_number |= {one.pk: one for one in unfinished}
    succeeded = {e.pk: by_number.get(e.current_id or 0) for e in environments}
    running, held = (
        runs.made(rows, by_number, succeeded, runs.odd(environments)),
        locks.of(environments),
    )
    lines, drifts = waiting.lines(unfinished), _drifts(environments)
    how_far = progress.of(unfinished)
    why = waiting.reasons(unfinished, held, workers)
    found = []
    for environment in environments:
        number, line = environment.pk, lines.get(environment.pk, [])
        shown = line[0] if line else by_number.get(getattr(environment, "newest", None) or 0)
        sha, drift = drifts.get(number, ("", 0))
        found.append(
            Cell(
                environment,
                running[number],
                shown,
                max(0, len(line) - 1),
                held.get(number),
                drift if sha in running[number].shas else 0,
                how_far.get(shown.pk) if shown else None,
                why.get(shown.pk) if shown else None,
            )
        )
    return found


def _deployments(
    environments: Sequence[Environment], rows: Sequence[runs.Row], fields: Sequence[str]
) -> dict[int, Deployment]:
    """Return the newest of each environment, what runs there and what last succeeded."""
    own = {environment.pk for environment in environments}
    told = [number for environment, number, _ in rows if environment in own]
    told += [getattr(environment, "newest", None) for environment in environments]
    told += [environment.current_id for environment in environments]
    wanted = Deployment.objects.filter(pk__in={number for number in told if number is not None})
    return {one.pk: one for one in with_people(lean(wanted, fields))}


def _drifts(environments: Sequence[Environment]) -> dict[int, tuple[str, int]]:
    found = lookup.in_environments(Drift.objects.all(), environments)
    rows = found.values_list("environment_id", "sha", "behind")
    return {number: (sha, behind) for number, sha, behind in rows}
