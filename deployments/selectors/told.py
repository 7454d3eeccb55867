"""How a deployment went, in GitHub's words: one status after another, as it was recorded."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from deployments.exceptions import NotFound
from deployments.models import Change, Deployment, Environment, LockTask, Person

Status = Deployment.Status
LONGEST = 140  # characters of a description, at GitHub


@dataclass(frozen=True)
class Told:
    """One status: what it was, since when, and by whom it became so."""

    number: int
    state: str
    note: str
    at: datetime
    person: Person | None

    @property
    def description(self) -> str:
        """The note, as much of it as GitHub's clients expect."""
        return self.note if len(self.note) <= LONGEST else f"{self.note[: LONGEST - 1]}…"


def statuses(deployment: Deployment | LockTask) -> list[Told]:
    """Return what was told of it, newest first."""
    if isinstance(deployment, LockTask):
        return [_of_lock(deployment)]
    rows = deployment.changes.filter(verb="deployment.status").select_related("person")
    told = [_of(row) for row in rows.order_by("-pk")]
    later = superseding(deployment)
    return [_inactive(later), *told] if later is not None else told


def status(deployment: Deployment | LockTask, number: int) -> Told:
    found = next((one for one in statuses(deployment) if one.number == number), None)
    if found is None:
        raise NotFound(f"It has no status {number}.")
    return found


def _of(row: Change) -> Told:
    state = "error" if row.new == Status.CANCELLED else row.new
    return Told(row.pk, state, row.note, row.at, row.person)


def _of_lock(row: LockTask) -> Told:
    """Return its only one: what is not done is refused, and is nothing afterwards."""
    return Told(row.number, "success", row.done, row.created_at, row.person)


def _inactive(later: Change) -> Told:
    text = f"#{later.deployment_id} took its place"
    return Told(later.pk, "inactive", text, later.at, later.person)


def superseding(deployment: Deployment) -> Change | None:
    """Return how what runs in its place now succeeded; None: it runs, or never did."""
    place: Environment = deployment.environment
    if deployment.status != Status.SUCCESS or deployment.is_task:
        return None
    if place.current_id is None or place.current_id <= deployment.pk:
        return None
    ended = Change.objects.filter(verb="deployment.status", new=Status.SUCCESS)
    later = ended.filter(
        deployment__environment=place,
        deployment__task=deployment.task,
        deployment_id__gt=deployment.pk,
        deployment_id__lte=place.current_id,
    )
    return later.select_related("person").order_by("pk").first()
