"""The clock's way in: what was lost is found again, and every state has an end.

It only rings and looks; each step is harmless to do twice and survives being killed anywhere.
"""

from __future__ import annotations

import logging
import time
import traceback
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import chain

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection
from django.db.models import F, Q
from django.utils import timezone

from deployments.models import Deployment
from deployments.models.deployment import UNFINISHED
from deployments.selectors import locks as reading
from deployments.selectors import pauses, phases
from deployments.services import (
    clearing,
    deliveries,
    drifts,
    gates,
    indexing,
    life,
    locks,
    queue,
    refusals,
    reports,
    tallies,
    truth,
    workers,
    workplaces,
)
from deployments.services.moves import falls_silent, let_go, move

PAUSE = 2.0  # seconds between rounds
SELDOM = 5  # in one round of so many is done what can wait
RING_AGAIN = timedelta(seconds=5)
# Seconds after a start in which workers find out what became of what ran when all went down, and
# after a clock was put forward or back.
SETTLED = 300.0
STANDSTILL = 300.0  # seconds in one round after which it hangs, and is started anew
STEP = 2.0  # seconds between two rounds by which a clock may run fast or slow
AWAY = (OperationalError, InterfaceError)
log = logging.getLogger(__name__)
_rounds: list[Callable[[], None]] = []


class Calm:
    """Tells for how long nothing has upset the leases of workers that live.

    A clock that is put forward ends them all at once, until they have been renewed.
    """

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._since, self._ahead = time.monotonic(), clock() - time.monotonic()

    def seconds(self) -> float:
        now = time.monotonic()
        ahead, before = self._clock() - now, self._ahead
        self._ahead = ahead
        if abs(ahead - before) > STEP:
            self._since = now
        return now - self._since


def add(step: Callable[[], None]) -> None:
    """Have a step of another application done in each round."""
    if step not in _rounds:
        _rounds.append(step)


def sweep(*, settled: bool = True, whole: bool = True) -> None:
    """Do one round; a step that fails keeps none of the others from being done.

    Unless `settled`, workers have not yet had the time to go on with what runs. Unless `whole`,
    what nobody waits for is left to another round.
    """
    steps = chain(_steps(settled), _that_can_wait() if whole else (), _rounds)
    failed = [error for step in steps if (error := _failure(step)) is not None]
    if failed:
        raise failed[0]


def _steps(settled: bool) -> Iterator[Callable[[], object]]:
    yield locks.end_over
    if Deployment.objects.filter(status__in=UNFINISHED).exists():
        yield let_go_of_dead
        yield ring_for_deployments
        yield end_overdue
        if settled:
            yield end_lost
    yield deliveries.ring_forgotten
    yield reports.ring_due
    yield truth.ring
    yield indexing.catch_up
    yield tallies.see_to


def _that_can_wait() -> Iterator[Callable[[], object]]:
    yield ring_for_repositories
    yield refusals.ring_due
    yield deliveries.forget_old
    yield workers.forget_silent
    yield life.forget
    yield workplaces.sweep


def _failure(step: Callable[[], object]) -> Exception | None:
    try:
        step()
    except AWAY:
        raise  # nothing else could be done either
    except Exception as error:  # noqa: BLE001  whatever it is, others wait for their step
        where = "".join(traceback.format_tb(error.__traceback__))
        log.error("A step of the sweeper failed: %s\n%s", type(error).__name__, where)
        return error
    return None


def sweep_safely(*, settled: bool = True, whole: bool = True) -> bool:
    """Do one round; neither a database that is away nor a step that fails is a reason to end."""
    try:
        sweep(settled=settled, whole=whole)
    except AWAY as error:
        log.warning("The database is away: %s", type(error).__name__)
        connection.close()
        return False
    except Exception:  # noqa: BLE001  it was logged; the next round tries again
        return False
    return True


def ring_for_deployments() -> None:
    """Ring for what waits or runs and nobody does."""
    if not queue.is_full("deploy"):
        ring_queued()
        ring_silent()
        ring_paused()
    if not queue.is_full("chat"):
        clear_pending()


def ring_for_repositories() -> None:
    """Ring for what repositories are asked now and then."""
    if not queue.is_full("chat"):
        drifts.ring()


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
    """Have pending deployments looked at again; for checks, less and less often.

    Nobody's word is found by looking. Of many, those go first that were looked at longest ago.
    """
    waiting = Deployment.objects.filter(_unheard(), gates.due(), status="pending")
    looked_for = waiting.exclude(waits_for=Deployment.Wait.APPROVAL)
    for deployment in looked_for.order_by(F("rung_at").asc(nulls_first=True), "pk")[: queue.FULL]:
        queue.ring_to_clear(deployment)


def end_overdue() -> None:
    """End what nobody could begin with in all the time there was."""
    now = timezone.now()
    queued_before = now - timedelta(seconds=settings.SHIPMATE_QUEUED_DEADLINE)
    # Who looks again ends it in time; here is ended what nobody has looked at.
    for deployment in Deployment.objects.filter(clearing.overdue(), status="pending"):
        clearing.end_if_late(deployment)
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
