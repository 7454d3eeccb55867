"""Workers that die: at the n-th word to the database, whatever they were doing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from bots import bells, conversation, outgoing, threads
from bots.models import ChatRoom, ChatThread, Outgoing, Post
from deployments.models import Change
from tests.deployments.services.queueing import drain, lose


class Killed(BaseException):
    """No `except Exception` sees it, as none sees kill -9."""


@contextmanager
def dying_at(word: int) -> Iterator[None]:
    """Kill whoever says the n-th word to the database."""
    said = 0

    def listen(execute: Callable[..., Any], sql: str, *given: Any) -> Any:
        nonlocal said
        said += 1
        if said == word or (said > word and not sql.startswith(("ROLLBACK", "RELEASE"))):
            raise Killed  # no `finally` of the dead says anything more
        return execute(sql, *given)

    with connection.execute_wrapper(listen):
        yield


def deaths(attempt: Callable[[int], bool]) -> int:
    """Try with deaths at the first word, the second …, each from the same beginning, to the end."""
    word, survived = 0, False
    while not survived:
        word += 1
        with suppress(_Undone), transaction.atomic():
            survived = attempt(word)
            raise _Undone
    return word


class _Undone(Exception):
    """What an attempt wrote is taken back."""


def survives(work: Callable[[], object], word: int) -> bool:
    """Do the work with a worker that dies at that word; return whether it got to the end."""
    try:
        with dying_at(word):
            work()
    except Killed:
        connection.set_rollback(False)
        return False
    return True


def much_later() -> None:
    """Let all leases end and the sweeper find what was forgotten; then let a worker do it."""
    lose("chat")
    past = timezone.now() - timedelta(minutes=1)
    Post.objects.filter(lease_until__isnull=False).update(lease_until=past)
    Post.objects.update(created_at=past)
    for lane in (ChatThread, ChatRoom):
        lane.objects.filter(lease_until__isnull=False).update(lease_until=past)
    Outgoing.objects.update(waits_since=past)
    Change.objects.update(at=past)
    bells.forget()
    conversation.ring_forgotten()
    drain("chat")
    bells.forget()
    threads.ring_behind()
    outgoing.ring_due()
    drain("chat")
