"""The queue as it is: bells lie in django-q2's own table until somebody takes them out."""

from __future__ import annotations

from typing import Any

from django.utils.module_loading import import_string
from django_q.models import OrmQ
from django_q.signing import SignedPackage


def bells(cluster: str = "deploy") -> list[tuple[str, tuple[Any, ...]]]:
    """Return what waits: the tasks' names and what they are given."""
    rows = OrmQ.objects.filter(key=cluster).order_by("pk")
    return [_task(row) for row in rows]


def drain(cluster: str = "deploy") -> int:
    """Do what waits, and what that rings for, in place. Return how many bells there were."""
    done = 0
    while row := OrmQ.objects.filter(key=cluster).order_by("pk").first():
        row.delete()
        name, given = _task(row)
        import_string(name)(*given)
        done += 1
    return done


def lose(cluster: str = "deploy") -> None:
    """Lose all that waits, as a queue may."""
    OrmQ.objects.filter(key=cluster).delete()


def _task(row: OrmQ) -> tuple[str, tuple[Any, ...]]:
    task = SignedPackage.loads(row.payload)
    return task["func"], tuple(task["args"])
