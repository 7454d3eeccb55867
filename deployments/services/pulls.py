"""Open pull requests are kept: told by webhook, and asked for now and then, never at a key."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from deployments.forges.contract import Pull
from deployments.forges.github.pulls import MOST
from deployments.models import Application, PullRequest, PullRequestsHeard, Repository
from deployments.selectors import code
from deployments.services import queue

FRESH = timedelta(minutes=1)


def ring_if_old(application: Application) -> None:
    """Have the forge asked by a worker, at most once a minute: whoever types waits for nothing."""
    repository = application.repository
    if repository.forge != "github":
        return
    kept, _ = PullRequestsHeard.objects.get_or_create(repository=repository)
    now = timezone.now()
    if any(at and abs(now - at) < FRESH for at in (kept.heard_at, kept.rung_at)):
        return
    unrung = PullRequestsHeard.objects.filter(pk=kept.pk, rung_at=kept.rung_at)
    if unrung.update(rung_at=now):
        queue.wake("deployments.tasks.look_at_pulls", application.pk, cluster="chat")


def ask(application: Application) -> None:
    """Keep which are open now. Never inside a transaction."""
    begun = timezone.now()
    found = code.open_pulls(application)
    if found is None:
        return
    repository = application.repository
    with transaction.atomic():
        _keep(repository, found)
        _close_others(repository, found, begun)
        PullRequestsHeard.objects.update_or_create(
            repository=repository, defaults={"heard_at": begun}
        )


def hear(repository: Repository, pull: Pull) -> None:
    """Keep what the forge tells of one by itself; an older word changes nothing."""
    with transaction.atomic():
        _keep(repository, [pull])


def _keep(repository: Repository, found: Sequence[Pull]) -> None:
    """Keep what is news; most of what an answer says is known."""
    Repository.objects.select_for_update(no_key=True).get(pk=repository.pk)
    numbers = [pull.number for pull in found]
    rows = PullRequest.objects.filter(repository=repository, number__in=numbers)
    known = {row.number: row for row in rows}
    for pull in found:
        new = (pull.title[:200], pull.author[:100], pull.sha[:40], pull.is_open, pull.said_at)
        row = known.get(pull.number)
        if row is not None:
            old = (row.title, row.author, row.sha, row.is_open, row.said_at)
            if old == new or row.said_at > pull.said_at:
                continue
        row = row or PullRequest(repository=repository, number=pull.number)
        row.title, row.author, row.sha, row.is_open, row.said_at = new
        row.heard_at = timezone.now()
        row.save()


def _close_others(repository: Repository, found: Sequence[Pull], begun: datetime) -> None:
    """Close what is not among them, unless it was told meanwhile or lies behind the first page."""
    others = PullRequest.objects.filter(repository=repository, is_open=True, heard_at__lt=begun)
    if len(found) >= MOST:
        others = others.filter(said_at__gte=min(pull.said_at for pull in found))
    others.exclude(number__in=[pull.number for pull in found]).update(is_open=False)
