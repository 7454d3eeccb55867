"""The queue is only a bell: it carries ids, may ring twice, late or never, and the rows decide."""

from __future__ import annotations

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django_q.brokers import get_broker
from django_q.tasks import async_task

from deployments.models import Deployment, Environment
from deployments.selectors import locks

FULL = 100


def ring(deployment: Deployment) -> None:
    """Tell a deploy worker of it, within the transaction that made it so."""
    Deployment.objects.filter(pk=deployment.pk).update(rung_at=timezone.now())
    wake("deployments.tasks.run", deployment.pk, cluster="deploy")


def ring_to_clear(deployment: Deployment) -> None:
    """Have a pending deployment looked at again in a worker: forges may be slow."""
    Deployment.objects.filter(pk=deployment.pk).update(rung_at=timezone.now())
    wake("deployments.tasks.clear", deployment.pk, cluster="chat")


def ring_for_commit(repository_id: int, sha: str, *, ask: bool) -> list[Deployment]:
    """Have what waits with this commit looked at again, and its forge asked, too, if that is due.

    Returns what was rung for.
    """
    waiting = Deployment.objects.filter(
        environment__application__repository=repository_id, status="pending", sha=sha
    )
    rung = list(waiting.order_by("pk"))
    if ask:
        waiting.update(look_at=None)
    for deployment in rung:
        ring_to_clear(deployment)
    return rung


def ring_next(environment_id: int) -> None:
    """Tell a worker of what waits longest for this environment, if anything does."""
    following = _first(environment_id)
    if following is not None:
        ring(following)


def settle(environment_id: int) -> None:
    """Let nobody else decide what begins there until the transaction ends."""
    Environment.objects.select_for_update(no_key=True).get(pk=environment_id)


def has_its_turn(deployment: Deployment) -> bool:
    """Return whether it may begin, and no other that may waits longer for the environment.

    Bells may ring in any order, and somebody else's lock keeps it out for a while.
    """
    return _first(deployment.environment_id) == deployment


def _first(environment_id: int) -> Deployment | None:
    waiting = Deployment.objects.filter(
        ~locks.keeps_out(), environment=environment_id, status="queued"
    )
    return waiting.order_by(F("queued_at").asc(nulls_last=True), "pk").first()


def is_full(cluster: str) -> bool:
    """Return whether ringing again would only make it worse: many wait, or nobody can be rung."""
    waiting = bells(cluster)
    return waiting is None or waiting >= FULL


def bells(cluster: str) -> int | None:
    """Return how many bells wait to be heard; None while what carries them is away."""
    try:
        size: int = get_broker(cluster).queue_size()
    except ConnectionError:
        return None
    return size


def wake(task: str, *ids: int, cluster: str) -> None:
    """Enqueue a task by its name, together with what the transaction writes."""

    def put() -> None:
        async_task(task, *ids, cluster=cluster, save=False)

    if settings.SHIPMATE_REDIS_URL:  # knows no transactions: the row must be there before the bell
        transaction.on_commit(put, robust=True)
    else:
        put()
