"""The clock's way in: what was lost is found again, and every state has an end.

It only rings and looks; each step is harmless to do twice and survives being killed anywhere.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.models import Q
from django.utils import timezone

from deployments.models import Deployment
from deployments.models.deployment import UNFINISHED
from deployments.selectors import locks as reading
from deployments.selectors import pauses, phases
from deployments.services import (
    drifts,
    indexing,
    life,
    locks,
    queue,
    tallies,
    truth,
    workers,
    workplaces,
)
from deployments.services.moves import falls_silent, let_go, move

PAUSE = 2.0  # seconds between rounds
RING_AGAIN = timedelta(seconds=5)
# Seconds after a start in which workers find out what became of what ran when all went down.
SETTLED = 300.0
log = logging.getLogger(__name__)
_rounds: list[Callable[[], None]] = []


def add(step: Callable[[], None]) -> None:
    """Have a step of another application done in each round."""
    if step not in _rounds:
        _rounds.append(step)


def sweep(*, settled: bool = True) -> None:
    """Do one round. Unless `settled`, workers have not yet had the time to go on with what runs."""
    locks.end_over()
    is_busy = Deployment.objects.filter(status__in=UNFINISHED).exists()
    if is_busy:
        let_go_of_dead()
    if not queue.is_full("deploy"):
        if is_busy:
            ring_queued()
            ring_silent()
            ring_paused()
        truth.ring()
    if not queue.is_full("chat"):
        if is_busy:
            clear_pending()
        drifts.ring()
    if is_busy:
        end_overdue()
    if is_busy and settled:
        end_lost()
    workers.forget_silent()
    life.forget()
    indexing.catch_up()
    tallies.see_to()
    workplaces.sweep()
    for step in _rounds:
        step()


def sweep_safely(*, settled: bool = True) -> bool:
    """Do one round; a database that is away is no reason to end."""
    try:
        sweep(settled=settled)
    except DatabaseError as error:
        log.warning("The database is away: %s", type(error).__name__)
        connection.close()
        return False
    return True


def ring_queued() -> None:
    """Ring again for what is queued, has its turn, and whose bell was lost."""
    busy = Deployment.objects.filter(status="in_progress").values("environment")
    may = Deployment.objects.filter(_unheard(), ~reading.keeps_out(), status="queued")
    waiting = may.exclude(environment__in=busy)
    for environment in waiting.order_by().values_list("environment", flat=True).distinct():
        queue.ring_next(environment)


def let_go_of_dead() -> None:
    """Let nobody wait for the end of a lease whose worker is known to have ended."""
    now = timezone.now()
    for deployment in Deployment.objects.filter(status="in_progress", lease_until__gte=now):
        if life.is_over(deployment.worker):
            let_go(deployment)


def ring_silent() -> None:
    """Ring for what runs but whose worker has fallen silent: another goes on with it."""
    for deployment in Deployment.objects.filter(_unheard(), falls_silent(), status="in_progress"):
        queue.ring(deployment)


def ring_paused() -> None:
    """Ring for what has paused long enough, or is to go on or to end in its pause."""
    for deployment in Deployment.objects.filter(_unheard(), pauses.due(timezone.now())):
        queue.ring(deployment)


def clear_pending() -> None:
    """Have pending deployments looked at again, each in a worker: forges may be slow."""
    for deployment in Deployment.objects.filter(_unheard(), status="pending"):
        Deployment.objects.filter(pk=deployment.pk).update(rung_at=timezone.now())
        queue.wake("deployments.tasks.clear", deployment.pk, cluster="chat")


def end_overdue() -> None:
    """End what nobody could begin with in all the time there was."""
    now = timezone.now()
    pending_before = now - timedelta(seconds=settings.SHIPMATE_PENDING_DEADLINE + 120)
    queued_before = now - timedelta(seconds=settings.SHIPMATE_QUEUED_DEADLINE)
    # Who looks again ends it in time; here is ended what nobody has looked at.
    for deployment in Deployment.objects.filter(status="pending", created_at__lt=pending_before):
        note = deployment.note or "Its repository could not be asked in time."
        move(deployment, "error", reason="forge", note=note)
    for deployment in Deployment.objects.filter(status="queued", queued_at__lt=queued_before):
        lock = reading.against(deployment.environment, deployment.person)
        note = reading.claim(lock) if lock else "No worker took it in time."
        move(deployment, "error", reason="lost", note=note)


def end_lost() -> None:
    """End what no worker could go on with in all the time there was."""
    now = timezone.now()
    longest = timedelta(seconds=settings.SHIPMATE_LONGEST_DEPLOYMENT + 3_600)
    went_on_before = Q(went_on_at=None) | Q(went_on_at__lt=now - longest)
    started_before = Q(status="in_progress", started_at__lt=now - longest)
    silent = falls_silent() & started_before & went_on_before
    for deployment in Deployment.objects.filter(silent | pauses.forgotten(now)):
        note = "Its worker fell silent, and none could find out how it ended on the hosts."
        doubts = [f"{doubt.rstrip('.')}." for doubt in phases.doubts(deployment)]
        move(deployment, "error", reason="lost", note=" ".join([note, *doubts]))


def _unheard() -> Q:
    """Return what is true where no bell rang of late; one of the future rang before a clock was
    put back.
    """
    now = timezone.now()
    return Q(rung_at=None) | Q(rung_at__lt=now - RING_AGAIN) | Q(rung_at__gt=now + RING_AGAIN)
