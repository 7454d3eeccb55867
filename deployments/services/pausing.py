"""The pause behind the first host: it ends the task, and its end begins the next.

No worker holds the deployment meanwhile; the row says so, and until when. Whoever is killed around
it leaves a lease that runs out, or a row that the sweeper finds.
"""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from deployments import changes, rights, rollouts
from deployments.exceptions import Invalid, Refused
from deployments.models import Deployment, Person
from deployments.selectors import locks, pauses
from deployments.services import queue

Status = Deployment.Status


def begin(deployment: Deployment) -> None:
    """Give it up until it goes on, if this worker holds it still. Nothing renews its lease now."""
    with transaction.atomic():
        held = Deployment.objects.filter(
            pk=deployment.pk, epoch=deployment.epoch, status=Status.IN_PROGRESS
        )
        if held.update(lease_until=None, worker="") and deployment.paused_at is None:
            seconds = rollouts.of(deployment.settings).pause_seconds
            now = timezone.now()
            until = now + timedelta(seconds=seconds) if seconds else None
            held.update(paused_at=now, paused_until=until)
            first = pauses.first_host(deployment)
            changes.record("deployment.paused", deployment=deployment, subject=first)


def take(deployment: Deployment, lease: dict[str, object]) -> bool:
    """Take one whose pause is over, for a worker."""
    with transaction.atomic():
        queue.settle(deployment.environment_id)  # nobody locks it between look and move
        now = timezone.now()
        row = Deployment.objects.filter(pauses.due(now), pk=deployment.pk, epoch=deployment.epoch)
        taken = row.update(epoch=F("epoch") + 1, **lease)
        if taken:
            deployment.refresh_from_db()
            if deployment.is_paused and pauses.goes_on_by_itself(deployment, now):
                _go_on(deployment, None, "")
    return bool(taken)


def go_on(deployment: Deployment, person: Person, via: str) -> Deployment:
    """Let it go on now. Raises what speaks against it; twice is harmless."""
    rights.require(person, "deploy", deployment.environment, doing="let go on what is paused in")
    with transaction.atomic():
        queue.settle(deployment.environment_id)
        deployment.refresh_from_db()
        if not deployment.is_paused or deployment.lease_until is not None:
            if deployment.went_on_at is not None:
                return deployment
            raise Invalid(f"#{deployment.pk} is not paused; there is nothing to go on with.")
        lock = locks.against(deployment.environment, person)
        if lock is not None:
            raise Refused([f"{locks.claim(lock, person)} {locks.clears(lock)}"])
        if deployment.stop_at is not None:
            raise Invalid(f"#{deployment.pk} is being cancelled; it does not go on.")
        _go_on(deployment, person, via)
        queue.ring(deployment)
    return deployment


def _go_on(deployment: Deployment, person: Person | None, via: str) -> None:
    deployment.went_on_at, deployment.went_on_by = timezone.now(), person
    rows = Deployment.objects.filter(pk=deployment.pk, went_on_at=None)
    rows.update(went_on_at=deployment.went_on_at, went_on_by=person)
    changes.record("deployment.went_on", deployment=deployment, person=person, via=via)
