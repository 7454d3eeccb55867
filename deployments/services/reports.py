"""Which deployments a forge is told of, and when it is told: beside each Change, or again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Case, F, Max, Q, QuerySet, TextField, Value, When
from django.utils import timezone

from deployments import changes, rights
from deployments.exceptions import Invalid
from deployments.models import (
    Application,
    Change,
    Deployment,
    ForgeAccess,
    ForgeReport,
    Person,
    Repository,
)
from deployments.selectors import reports as reading
from deployments.selectors import slugs
from deployments.services import ledger, queue

State = ForgeReport.State
Status = Deployment.Status

COMMIT_KNOWN = ("deployment.waits", "deployment.merged")  # maybe: since this moment
AT_ONCE = 20  # in one round, or beside one Change
MOST = 500  # rows that are written at once
RING_AGAIN = timedelta(seconds=5)
DEADLINE = timedelta(days=1)
_born: ContextVar[int | None] = ContextVar("born", default=None)


def follow(change: Change) -> None:
    """Have the forge told of what a deployment is now, within the transaction that makes it so.

    It has a row from its first Change on, or none: what was asked for before there was anybody to
    tell is never told.
    """
    deployment = change.deployment
    if deployment is None:
        return
    if change.verb in COMMIT_KNOWN:
        _tell_at_last(deployment)
    if change.verb != "deployment.status":
        return
    if not change.old:
        _begin(deployment)
    elif _note_news(ForgeReport.objects.filter(deployment=deployment)):
        ring(deployment.pk)
        if change.new == Status.SUCCESS:
            _note_superseded(deployment)


def _begin(deployment: Deployment) -> None:
    """Write its row, if its app is one that the forge is told of."""
    app = deployment.environment.application
    if app.repository.forge != "github" or not app.reports:
        return
    if ForgeAccess.objects.filter(repository=app.repository_id).exists():
        _write(deployment, _born.get())
        ring(deployment.pk)


def _tell_at_last(deployment: Deployment) -> None:
    """Have it told that waits on, where nothing could be told before: its commit was not known.

    Also while somebody looks at it, who may have read it without.
    """
    silent = ForgeReport.objects.filter(deployment=deployment, told_number=0)
    if _note_news(silent.exclude(state=State.FAILED).exclude(deployment__sha="")):
        ring(deployment.pk)


def _write(deployment: Deployment, remote_id: int | None) -> None:
    ForgeReport.objects.create(
        deployment=deployment,
        repository=deployment.environment.application.repository,
        place=slugs.word_of(deployment.environment),
        remote_id=remote_id,
        waits_since=timezone.now(),
    )


def _note_news(rows: QuerySet[ForgeReport], **more: Any) -> int:
    """Have these told; a pause that the forge has asked for stays."""
    news = {"state": State.WAITING, "version": F("version") + 1, "waits_since": timezone.now()}
    return rows.update(**news, **more)


def _note_superseded(later: Deployment) -> None:
    """Have what ran there before told as what it is now."""
    before = ForgeReport.objects.filter(
        ~Q(told="inactive"),
        deployment__environment=later.environment_id,
        deployment__task="deploy",
        deployment__status=Status.SUCCESS,
        deployment__lt=later.pk,
    )
    numbers = list(before.order_by("-deployment_id").values_list("deployment", flat=True)[:AT_ONCE])
    if not later.is_task and _note_news(ForgeReport.objects.filter(deployment__in=numbers)):
        for number in numbers:
            ring(number)


@contextmanager
def born_there(remote_id: int) -> Iterator[None]:
    """Have what is asked for inside known as that deployment of the forge, from its first moment.

    Known a moment later, a worker could have made another one there by then.
    """
    token = _born.set(remote_id)
    try:
        yield
    finally:
        _born.reset(token)


def ring(number: int) -> None:
    """Tell a chat worker that a forge is to be told of it."""
    ForgeReport.objects.filter(deployment=number).update(rung_at=timezone.now())
    queue.wake("deployments.tasks.tell", number, cluster="chat")


def ring_due() -> None:
    """Ring for what is due: its bell was lost, its worker died, or its pause is over.

    One of each repository in a round, the newest first: GitHub takes some 80 words a minute, and
    people wait for the same workers.
    """
    if not ForgeReport.objects.filter(state=State.WAITING).exists():
        return
    _give_up_overdue()
    if queue.is_full("chat"):
        return
    now = timezone.now()
    unheard = Q(rung_at=None) | Q(rung_at__lt=now - RING_AGAIN) | Q(rung_at__gt=now + RING_AGAIN)
    waiting = reading.due(now).filter(reading.free(now), unheard)
    newest = waiting.order_by().values_list("repository").annotate(newest=Max("deployment"))
    for _, number in newest.order_by("-newest")[:AT_ONCE]:
        ring(number)


def _give_up_overdue() -> None:
    """Nothing waits for ever; what is given up can be told again."""
    overdue = ForgeReport.objects.filter(
        state=State.WAITING, waits_since__lt=timezone.now() - DEADLINE
    )
    late = When(error="", then=Value("It could not be told within a day."))
    said = Case(late, default=F("error"), output_field=TextField())
    if overdue.exists():
        with transaction.atomic():
            _held(overdue).update(state=State.FAILED, error=said, next_at=None)


def _held(rows: QuerySet[ForgeReport]) -> QuerySet[ForgeReport]:
    """Return the newest of these that nobody else is writing, held until the transaction ends.

    A deployment that ends writes several rows; who waited for one of them while holding another
    could keep it from ending.
    """
    free = rows.select_for_update(skip_locked=True, of=("self",)).order_by("-deployment_id")
    return ForgeReport.objects.filter(pk__in=list(free.values_list("pk", flat=True)[:MOST]))


def tell_again(deployment: Deployment, person: Person) -> None:
    """Have the forge told once more, at once, how it goes; whoever may deploy there may."""
    rights.require(person, "deploy", deployment.environment)
    report = ForgeReport.objects.filter(deployment=deployment).first()
    if report is None:
        raise Invalid(
            f"GitHub is not told of #{deployment.pk}: nobody was to be told at that time."
        )
    app = deployment.environment.application
    if not app.reports:
        raise Invalid(f"GitHub is told nothing of {app}. Switch it on in the settings of {app}.")
    with transaction.atomic():
        told = report.told_number - 1 if report.state == State.TOLD else report.told_number
        anew = {"attempts": 0, "next_at": None, "error": "", "told_number": max(told, 0)}
        _note_news(ForgeReport.objects.filter(pk=report.pk), **anew)
        ForgeAccess.objects.filter(repository=report.repository_id).update(rest_until=None)
        changes.record("deployment.tell_again", person=person, via="web", deployment=deployment)
        ring(deployment.pk)


def tell_all_again(repository: Repository, person: Person) -> int:
    """Have all that was given up of a repository told anew; return how many."""
    apps = [app for app in repository.applications.all() if rights.may(person, "configure", app)]
    if not apps:
        rights.require(person, "configure", repository.applications.first())
    failed = ForgeReport.objects.filter(
        state=State.FAILED,
        repository=repository,
        deployment__environment__application__in=apps,
    )
    with transaction.atomic():
        count = _note_news(_held(failed), attempts=0, next_at=None, error="", rung_at=None)
        ForgeAccess.objects.filter(repository=repository).update(rest_until=None)
        for app in apps:
            subject = str(repository)
            changes.record(
                "reports.again", person=person, via="web", application=app, subject=subject
            )
    ring_due()
    return count


def switch(application: Application, on: bool, person: Person) -> None:
    """Say whether the forge is told of the application's deployments from now on."""
    rights.require(person, "configure", application)
    with transaction.atomic():
        kept = Application.objects.select_for_update(of=("self",)).get(pk=application.pk)
        before, kept.reports = {"reports to GitHub": kept.reports}, on
        kept.save(update_fields=["reports"])
        after = {"reports to GitHub": on}
        ledger.record_differences("application.changed", before, after, person, scope=kept)
    application.reports = on
