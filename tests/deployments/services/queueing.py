"""The queue as it is: bells lie in django-q2's table or in Redis until somebody takes them out."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string
from django_q.brokers import get_broker
from django_q.models import OrmQ
from django_q.signing import SignedPackage

Task = tuple[str, tuple[Any, ...]]


def bells(cluster: str = "deploy") -> list[Task]:
    """Return what waits: the tasks' names and what they are given."""
    return [_task(payload) for payload in _waiting(cluster)]


def drain(cluster: str = "deploy") -> int:
    """Do what waits, and what that rings for, in place. Return how many bells there were."""
    done = 0
    while payload := _first(cluster):
        name, given = _task(payload)
        import_string(name)(*given)
        done += 1
    return done


def lose(cluster: str = "deploy") -> None:
    """Lose all that waits, as a queue may."""
    get_broker(cluster).delete_queue()


def _waiting(cluster: str) -> list[str | bytes]:
    if settings.SHIPMATE_REDIS_URL:
        broker = get_broker(cluster)
        return list(broker.connection.lrange(broker.list_key, 0, -1))
    rows = OrmQ.objects.filter(key=cluster).order_by("pk")
    return list(rows.values_list("payload", flat=True))


def _first(cluster: str) -> str | bytes | None:
    """Take what has waited longest."""
    if settings.SHIPMATE_REDIS_URL:
        broker = get_broker(cluster)
        taken: bytes | None = broker.connection.lpop(broker.list_key)
        return taken
    row = OrmQ.objects.filter(key=cluster).order_by("pk").first()
    if row is None:
        return None
    row.delete()
    return str(row.payload)


def _task(payload: str | bytes) -> Task:
    task = SignedPackage.loads(payload)
    return task["func"], tuple(task["args"])
