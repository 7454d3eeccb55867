"""A deployment that may not begin by itself: somebody is asked, and approves it or rejects it."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from deployments import changes, typed
from deployments.exceptions import Invalid, NotAllowed
from deployments.models import Approval, Deployment
from deployments.selectors import approvals
from deployments.services import queue
from deployments.services.lifecycle import Door, state_words
from deployments.services.moves import move

Status = Deployment.Status
Wait = Deployment.Wait


def ask(deployment: Deployment, because: str) -> None:
    """Have it wait for somebody's word. Within the transaction that makes the deployment."""
    Approval.objects.create(deployment=deployment, because=because)
    _wait_for(deployment, Wait.APPROVAL, because)
    changes.record("deployment.approval", deployment=deployment, note=because)


def approve(deployment: Deployment, door: Door) -> Deployment:
    """Let it go on, with this person's authority. Twice is harmless."""
    _require(deployment, door)
    with transaction.atomic():
        if _answer(deployment, door, approved=True):
            changes.record(
                "deployment.approved", deployment=deployment, person=door.person, via=door.via
            )
            _wait_for(deployment, Wait.REPOSITORY, "")
            queue.ring_to_clear(deployment)
    return deployment


def reject(deployment: Deployment, door: Door, why: str) -> Deployment:
    """End it, with the reason that who asked for it is told."""
    why = typed.reason(why)
    if not why:
        raise Invalid(f"Say why, for whoever asked for it: reject #{deployment.pk} because …")
    _require(deployment, door)
    with transaction.atomic():
        if _answer(deployment, door, approved=False, why=why):
            note = f"cancelled by {door.person}: {why}"
            changes.record(
                "deployment.rejected",
                deployment=deployment,
                person=door.person,
                via=door.via,
                note=why,
            )
            move(deployment, Status.CANCELLED, note=note, person=door.person, via=door.via)
    return deployment


def _require(deployment: Deployment, door: Door) -> None:
    found = approvals.of(deployment)
    if found is None:
        raise Invalid(
            f"#{deployment.pk} waits for nobody's approval: it {state_words(deployment)}."
        )
    against = approvals.refusal(deployment, door.person)
    if against:
        raise NotAllowed(against)


def _answer(deployment: Deployment, door: Door, *, approved: bool, why: str = "") -> bool:
    """Keep the first answer; say no to another one, and nothing where it is the same again."""
    queue.settle(deployment.environment_id)
    deployment.refresh_from_db()
    kept = Approval.objects.get(deployment=deployment)
    if kept.approved is not None:
        if (kept.approved, kept.person_id) == (approved, door.person.pk):
            return False
        word = "approved" if kept.approved else "rejected"
        raise Invalid(f"#{deployment.pk} was {word} by {kept.person} already.")
    if deployment.status != Status.PENDING:
        raise Invalid(_too_late(deployment))
    given = {"approved": approved, "person": door.person, "via": door.via, "why": why}
    Approval.objects.filter(pk=kept.pk).update(**given, answered_at=timezone.now())
    return True


def _too_late(deployment: Deployment) -> str:
    why = f" {deployment.note}" if deployment.status == Status.ERROR else ""
    return (
        f"#{deployment.pk} {state_words(deployment)}; there is nothing to approve or reject.{why}"
    )


def _wait_for(deployment: Deployment, wait: Wait, note: str) -> None:
    """From now on it waits for this."""
    values = {"waits_for": wait, "waits_since": timezone.now(), "note": note}
    Deployment.objects.filter(pk=deployment.pk).update(**values)
    for name, value in values.items():
        setattr(deployment, name, value)
