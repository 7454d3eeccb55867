"""The heart: how a deployment's status changes, and nothing else changes it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.utils import timezone

from deployments import changes
from deployments.models import Deployment, Environment, Person, PhaseRun, Placement
from deployments.services import pausing, queue, tallies

Status = Deployment.Status

ALLOWED: dict[str, frozenset[str]] = {
    "pending": frozenset({"queued", "cancelled", "error"}),
    "queued": frozenset({"in_progress", "cancelled", "error"}),
    "in_progress": frozenset({"success", "failure", "error", "cancelled"}),
}
CLOCKS_DIFFER = 4  # leases: one that ends later is no lease, as far as clocks can be believed
# What a host may be at work on.
BEGUN = frozenset({PhaseRun.Status.STARTING, PhaseRun.Status.RUNNING})
UNKNOWN = "Nobody followed it to its end. It may still be running there: look, then retry."
STAMPS = {"queued": "queued_at", "in_progress": "started_at"}


def move(
    deployment: Deployment,
    new: str,
    *,
    reason: str = "",
    note: str = "",
    person: Person | None = None,
    via: str = "",
    **fields: Any,
) -> bool:
    """Change the status if it still is what `deployment` says, under the same epoch.

    Status, Change, what is current and the start of the next happen together or not at all.
    Returns whether it happened; `deployment` is brought up to date if so.
    """
    old = deployment.status
    if new not in ALLOWED.get(old, frozenset()):
        return False
    values = {**fields, "status": new, "reason": reason, "note": note, **_stamp(new)}
    try:
        with transaction.atomic():
            if not _compare_and_set(deployment, old, values):
                return False
            _follow_up(deployment, values)
            changes.record(
                "deployment.status",
                deployment=deployment,
                person=person,
                via=via,
                old=old,
                new=new,
                reason=reason,
                note=note,
            )
    except IntegrityError as error:
        if new != Status.IN_PROGRESS or "environment" not in str(error):
            raise
        return _refresh(deployment)  # another deployment runs there
    _bring_up_to_date(deployment, values)
    return True


def claim(deployment: Deployment, worker: str) -> bool:
    """Take a queued deployment for this worker, or one whose worker fell silent."""
    lease = {"worker": worker, "lease_until": lease_end()}
    if deployment.status == Status.QUEUED:
        with transaction.atomic():
            queue.settle(deployment.environment_id)  # nobody locks it between look and move
            return queue.has_its_turn(deployment) and move(deployment, Status.IN_PROGRESS, **lease)
    if deployment.status != Status.IN_PROGRESS:
        return False
    if deployment.lease_until is None:
        return pausing.take(deployment, lease)
    return _take_over(deployment, lease)


def let_go(deployment: Deployment) -> None:
    """End the lease of a worker that is known to have ended, unless another has taken over."""
    held = Deployment.objects.filter(
        pk=deployment.pk, status=Status.IN_PROGRESS, epoch=deployment.epoch
    )
    held.update(lease_until=timezone.now() - timedelta(seconds=1), rung_at=None)


def lease_end() -> Any:
    return timezone.now() + timedelta(seconds=settings.SHIPMATE_LEASE_SECONDS)


def falls_silent() -> Q:
    """Return what is true of a lease that is over, or was written before a clock was put back."""
    now, lease = timezone.now(), timedelta(seconds=settings.SHIPMATE_LEASE_SECONDS)
    return Q(lease_until__lt=now) | Q(lease_until__gt=now + CLOCKS_DIFFER * lease)


def _take_over(deployment: Deployment, lease: dict[str, Any]) -> bool:
    """Raise the epoch of a run whose lease ended, so that the worker before writes nothing more."""
    with transaction.atomic():
        taken = Deployment.objects.filter(
            falls_silent(),
            pk=deployment.pk,
            status=Status.IN_PROGRESS,
            epoch=deployment.epoch,
        ).update(epoch=F("epoch") + 1, **lease)
        if taken:
            old, new = deployment.worker, str(lease["worker"])
            changes.record("deployment.taken_over", deployment=deployment, old=old, new=new)
    if taken:
        deployment.refresh_from_db()
    return bool(taken)


def _stamp(new: str) -> dict[str, Any]:
    if new in ALLOWED:
        return {STAMPS[new]: timezone.now()}
    return {"finished_at": timezone.now(), "lease_until": None, "phase": ""}


def _compare_and_set(deployment: Deployment, old: str, values: dict[str, Any]) -> bool:
    rows = Deployment.objects.filter(pk=deployment.pk, status=old, epoch=deployment.epoch)
    if values["status"] not in ALLOWED:
        # What ends concerns what waits there. Whoever claims takes this row first, too: who took
        # them in another order would wait for whoever waits for them.
        queue.settle(deployment.environment_id)
    if values["status"] == Status.IN_PROGRESS:
        # A savepoint: on PostgreSQL a broken constraint ends the whole transaction otherwise.
        with transaction.atomic():
            return rows.update(epoch=F("epoch") + 1, **values) == 1
    return rows.update(**values) == 1


def _follow_up(deployment: Deployment, values: dict[str, Any]) -> None:
    """Do what a new status brings with it, in the same transaction."""
    new = values["status"]
    if new == Status.QUEUED:
        queue.ring(deployment)
    if new == Status.SUCCESS and _is_on_all_hosts(deployment):
        Environment.objects.filter(pk=deployment.environment_id).update(current=deployment)
    if new == Status.ERROR:
        _tell_as_unknown(deployment)
    if new not in ALLOWED:
        queue.ring_next(deployment.environment_id)
        # Last: whoever ends another there at once waits here for this, and this for nobody.
        tallies.count(deployment, new, values["finished_at"])


def _tell_as_unknown(deployment: Deployment) -> None:
    """Let nothing of what ended be told as running, where no worker could follow it any more."""
    PhaseRun.objects.filter(deployment=deployment, status__in=BEGUN).update(
        status=PhaseRun.Status.ERROR, reason="lost", note=UNKNOWN, finished_at=timezone.now()
    )


def _bring_up_to_date(deployment: Deployment, values: dict[str, Any]) -> None:
    """Not before all is written: a copy that says more than the row would be told as true."""
    for name, value in values.items():
        setattr(deployment, name, value)
    if deployment.status == Status.IN_PROGRESS:
        deployment.epoch += 1


def _is_on_all_hosts(deployment: Deployment) -> bool:
    """Return whether all hosts run its commit now; one for the last of them is noted as such."""
    if is_whole_release(deployment):
        return True
    if deployment.kind != Deployment.Kind.RETRY or deployment.is_task:
        return False
    placed = Placement.objects.filter(environment=deployment.environment_id)
    if placed.filter(~Q(current__sha=deployment.sha) | Q(current=None)).exists():
        return False
    Deployment.objects.filter(pk=deployment.pk).update(completed=True)
    return True


def is_whole_release(deployment: Deployment) -> bool:
    """Return whether it puts a version on all hosts of its environment."""
    return deployment.task == "deploy" and not deployment.hosts


def _refresh(deployment: Deployment) -> bool:
    deployment.refresh_from_db()
    return False
