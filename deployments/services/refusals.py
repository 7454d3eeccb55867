"""Who created a deployment at GitHub that makes none here is told there why. Durable, and seldom.

What is to be told stands in the row of what was created. A word whose answer was lost is said
twice: it is the same word.
"""

from __future__ import annotations

from datetime import timedelta

from django.db.models import F
from django.utils import timezone

from deployments.exceptions import DeploymentError, RepositoryAway
from deployments.forges.github import deployments
from deployments.forges.github.access import App, Token
from deployments.forges.github.deployments import Status
from deployments.models import Application, ForgeDeployment, Repository
from deployments.selectors import code
from deployments.selectors.reports import LEASE
from deployments.services import queue
from deployments.services.reporting import without_mails
from deployments.services.telling import pause

DEADLINE = timedelta(days=1)  # after which nobody waits for the word any more


def note(row: ForgeDeployment, refusal: str, *, ours: bool) -> None:
    """Keep why nothing comes of it and ring, within the transaction that decides it.

    Unless `ours`, it is for a place that is not known here: another system may perform it, and a
    word of ours would spoil that.
    """
    if refusal != row.refusal:
        _note(row, ours=ours, refusal=refusal, refused_at=timezone.now())


def note_done(row: ForgeDeployment, done: str) -> None:
    """Keep what was done in place of a deployment and ring, within the transaction that does it."""
    if done != row.done:
        _note(row, ours=True, done=done, refusal="", refused_at=None)


def _note(row: ForgeDeployment, *, ours: bool, **values: object) -> None:
    due = timezone.now() if ours and _is_told(row.repository) else None
    rows = ForgeDeployment.objects.filter(pk=row.pk)
    rows.update(answer_due_at=due, answer_tries=0, **values)
    if due is not None:
        ring(row.pk)


def ring(number: int) -> None:
    queue.wake("deployments.tasks.answer", number, cluster="chat")


def ring_due() -> None:
    """Ring for what is to be told and nobody tells: the oldest first, one in a round."""
    due = ForgeDeployment.objects.filter(answer_due_at__lte=timezone.now())
    number = due.order_by("answer_due_at").values_list("pk", flat=True).first()
    if number is not None and not queue.is_full("chat"):
        ring(number)


def answer(number: int) -> None:
    """Tell GitHub why nothing comes of it, unless somebody does. Never inside a transaction."""
    now = timezone.now()
    due = ForgeDeployment.objects.filter(pk=number, answer_due_at__lte=now)
    if not due.update(answer_due_at=now + LEASE, answer_tries=F("answer_tries") + 1):
        return
    row = ForgeDeployment.objects.select_related("repository").get(pk=number)
    try:
        is_over = row.deployment_id is not None or _said(row)
    except RepositoryAway:
        is_over = now - (row.refused_at or row.heard_at) > DEADLINE
    except DeploymentError:
        is_over = True  # it lacks a right, which the reports of other deployments tell of
    later = None if is_over else now + pause(row.answer_tries)
    said = ForgeDeployment.objects.filter(pk=number, refusal=row.refusal, done=row.done)
    said.update(answer_due_at=later)


def _said(row: ForgeDeployment) -> bool:
    access = code.source_of(row.repository).access
    if isinstance(access, Token | App):
        state, text = ("success", row.done) if row.done else ("error", row.refusal)
        word = Status(state, f"Shipmate: {without_mails(text)}")
        deployments.say(access.caller(), row.remote_id, word)
    return True


def _is_told(repository: Repository) -> bool:
    """Return whether GitHub is told of deployments of any app that is made of it."""
    apps = Application.objects.filter(repository=repository, reports=True)
    return repository.forge == "github" and apps.exists()
