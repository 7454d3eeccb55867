"""A delivery is handled anew: somebody asks for it, or the forge delivers it once more."""

from __future__ import annotations

from enum import Enum
from typing import Any

from django.db import transaction
from django.utils import timezone

from deployments import changes, rights
from deployments.models import Application, Delivery, Person
from deployments.services import queue

State = Delivery.State
ENDED = (State.HANDLED, State.UNHANDLED, State.FAILED)
UNDONE = (State.UNHANDLED, State.FAILED)  # nothing came of it
MOST = 20  # times that a forge may have one handled anew, and attempts that are remembered
LONGEST = 1_000  # letters of what came of one that are remembered


class Came(Enum):
    """What a delivery is to those that were kept: a new one, one that is handled anew, or none."""

    NEW = "new"
    AGAIN = "again"
    BEFORE = "before"


def do(delivery: Delivery, person: Person) -> bool:
    """Have it handled anew by who keeps an app of its repository; no, if it still waits."""
    apps = _apps(delivery)
    app = next((app for app in apps if rights.may(person, "configure", app)), None)
    if app is None:
        rights.require(person, "configure", apps[0] if apps else None)
    with transaction.atomic():
        row = _locked(delivery.pk)
        if row.state not in ENDED or not _anew(row, str(person), again=row.again + 1):
            return False
        changes.record(
            "delivery.again", person=person, via="web", application=app, subject=_called(row)
        )
    return True


def deliver(delivery: Delivery, digest: str) -> Came:
    """The forge delivers it once more, by the same id: of what nothing came it is done anew.

    An id is not signed, and what was said once may be said again by whoever has heard it: so it
    has to say the very same, nothing is done twice, and not for ever.
    """
    if delivery.digest != digest or delivery.state not in UNDONE:
        return Came.BEFORE
    with transaction.atomic():
        row = _locked(delivery.pk)
        times = row.redelivered + 1
        if row.state not in UNDONE or times > MOST:
            return Came.BEFORE
        if not _anew(row, "", redelivered=times, redelivered_at=timezone.now()):
            return Came.BEFORE
        apps = _apps(row)
        app = apps[0] if apps else None
        subject = _called(row)
        changes.record("delivery.redelivered", via="webhook", application=app, subject=subject)
    return Came.AGAIN


def wake(number: int) -> None:
    """Ring for a worker, who looks for whatever else waits, too."""
    queue.wake("deployments.tasks.heed", number, cluster="chat")


def _locked(number: int) -> Delivery:
    """Return it as it is now; nobody else changes it until the transaction ends."""
    return Delivery.objects.select_for_update().defer("body", "headers").get(pk=number)


def _anew(row: Delivery, by: str, **counted: Any) -> bool:
    """Let it wait for a worker again, remember what came of it before, and ring."""
    now = timezone.now()
    attempt = {
        "state": row.state,
        "outcome": row.outcome[:LONGEST],
        "ended_at": (row.handled_at or row.received_at).isoformat(),
        "again_at": now.isoformat(),
        "by": by,
    }
    anew = {"state": State.WAITING, "attempts": 0, "outcome": "", "rung_at": now}
    anew |= {"lease_until": None, "away_since": None, "limited_until": None, "handled_at": None}
    ended = Delivery.objects.filter(pk=row.pk, state=row.state, handled_at=row.handled_at)
    if not ended.update(**anew, **counted, earlier=[*row.attempts_before, attempt][-MOST:]):
        return False
    wake(row.pk)
    return True


def _apps(delivery: Delivery) -> list[Application]:
    return list(delivery.repository.applications.order_by("name"))


def _called(delivery: Delivery) -> str:
    return f"{delivery.event} {delivery.guid}".strip()
