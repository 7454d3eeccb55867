"""What forges told: kept with its bell before it is acknowledged, done by a worker, done again."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import timedelta

from django.conf import settings
from django.db import DatabaseError, DataError, IntegrityError, connection, transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from deployments import changes, rights
from deployments.durability import redone_if_lost
from deployments.models import Delivery, Person, Webhook
from deployments.services import gates, queue, webhooks
from deployments.together import Together

State = Delivery.State
LEASE = timedelta(seconds=60)
UNDER_WAY, RING_AGAIN = timedelta(seconds=2), timedelta(seconds=5)
ATTEMPTS = 5  # workers that may die over one
AT_ONCE = 100  # that are forgotten in one round


@dataclass(frozen=True)
class Told:
    """A delivery as it came: its signature is right, and it is about the webhook's repository."""

    guid: str
    event: str
    action: str
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)
    forge_id: int | None = None
    hook_id: str = ""


def accept(webhook: Webhook, told: Told) -> tuple[Delivery, bool]:
    """Keep it and ring for a worker, in one transaction; say whether it is new.

    The same id delivered again is the one that is kept, whatever it says now. What comes at once
    shares a transaction: in a burst most of the time would go into beginning and ending one.
    """
    if connection.in_atomic_block:  # somebody else says when it is kept
        return _alone(webhook, told)
    return _together.ask((webhook, told))


def _at_once(asked: list[tuple[Webhook, Told]]) -> list[tuple[Delivery, bool] | Exception]:
    """Keep all of them; where one was kept before, or cannot be, each by itself."""
    try:
        with transaction.atomic():
            return [(row, True) for row in _keep(asked)]
    except (IntegrityError, DataError):
        return [_tried(*one) for one in asked]


def _tried(webhook: Webhook, told: Told) -> tuple[Delivery, bool] | Exception:
    try:
        return _alone(webhook, told)
    except DatabaseError as error:
        return error


def _alone(webhook: Webhook, told: Told) -> tuple[Delivery, bool]:
    try:
        with transaction.atomic():
            return _keep([(webhook, told)])[0], True
    except IntegrityError:
        known = Delivery.objects.filter(repository=webhook.repository_id, guid=told.guid)
        if (row := known.defer("body").first()) is None:
            raise
        return row, False


def _keep(asked: list[tuple[Webhook, Told]]) -> list[Delivery]:
    """Write them and ring, unless a bell is on its way: who hears that looks for all that waits."""
    now = timezone.now()
    is_rung = _waiting().filter(rung_at__gt=now - UNDER_WAY, rung_at__lte=now).exists()
    rows = [_row(webhook, told) for webhook, told in asked]
    rows[0].rung_at = None if is_rung else now
    Delivery.objects.bulk_create(rows)
    if not is_rung:
        _wake(rows[0].pk)
    contacts = {(one.pk, told.forge_id, told.hook_id): one for one, told in asked}
    for (_, forge_id, hook_id), webhook in contacts.items():
        webhooks.note_contact(webhook, forge_id, hook_id)
    return rows


def _row(webhook: Webhook, told: Told) -> Delivery:
    return Delivery(
        repository_id=webhook.repository_id,
        guid=told.guid,
        event=told.event,
        action=told.action,
        headers=told.headers,
        body=told.body,
        digest=hashlib.sha256(told.body).hexdigest(),
    )


_together = Together(_at_once)


def take(number: int) -> Delivery | None:
    """Let nobody else handle it for a while; None, if somebody does or did."""
    until = timezone.now() + LEASE
    with redone_if_lost():
        if not _waiting().filter(pk=number).update(lease_until=until, attempts=F("attempts") + 1):
            return None
    return Delivery.objects.select_related("repository").get(pk=number)


def put_off(delivery: Delivery, away: str) -> None:
    """Have it handled later: the forge does not answer. Less and less often, and not for ever."""
    now = timezone.now()
    since = delivery.away_since or now
    if (now - since).total_seconds() > settings.SHIPMATE_PENDING_DEADLINE:
        end(delivery, State.FAILED, f"{away} Do it again when GitHub answers.")
        return
    waits = Delivery.objects.filter(pk=delivery.pk, state=State.WAITING)
    later = gates.next_look(since)
    said = f"{away} It is asked again by itself."
    waits.update(away_since=since, outcome=said, lease_until=later, attempts=0)


def next_waiting() -> int | None:
    """Return what has waited longest and nobody has taken."""
    return _waiting().order_by("pk").values_list("pk", flat=True).first()


def end(delivery: Delivery, state: Delivery.State, outcome: str) -> bool:
    """Say what came of it, unless that was said."""
    waits = Delivery.objects.filter(pk=delivery.pk, state=State.WAITING)
    ended = {"state": state, "outcome": outcome, "handled_at": timezone.now(), "lease_until": None}
    return waits.update(**ended) == 1


def do_again(delivery: Delivery, person: Person) -> bool:
    """Have it handled anew by who keeps an app of its repository; no, if it still waits."""
    apps = list(delivery.repository.applications.order_by("name"))
    app = next((app for app in apps if rights.may(person, "configure", app)), None)
    if app is None:
        rights.require(person, "configure", apps[0] if apps else None)
    with transaction.atomic():
        ended = Delivery.objects.filter(~Q(state=State.WAITING), pk=delivery.pk)
        anew = {"state": State.WAITING, "attempts": 0, "again": F("again") + 1}
        anew |= {"outcome": "", "lease_until": None, "away_since": None}
        if not ended.update(**anew, rung_at=timezone.now()):
            return False
        subject = f"{delivery.event} {delivery.guid}".strip()
        changes.record("delivery.again", person=person, via="web", application=app, subject=subject)
        _wake(delivery.pk)
    return True


def came_before(delivery: Delivery) -> Delivery | None:
    """Return the first delivery of the very same body: ids are not signed, bodies are."""
    same = Delivery.objects.filter(repository=delivery.repository_id, digest=delivery.digest)
    return same.filter(pk__lt=delivery.pk).order_by("pk").defer("body").first()


def ring_forgotten() -> None:
    """Ring again where something waits and its bell was lost, or its worker died over it."""
    now = timezone.now()
    before = now - RING_AGAIN
    unheard = Q(rung_at=None, received_at__lt=before) | Q(rung_at__lt=before)
    waiting = _waiting().filter(unheard | Q(rung_at__gt=now + RING_AGAIN))
    number = waiting.order_by("pk").values_list("pk", flat=True).first()
    if number is not None and not queue.is_full("chat"):
        ring(number)


def ring(number: int) -> None:
    """Have a worker look for what waits, with this one first."""
    Delivery.objects.filter(pk=number).update(rung_at=timezone.now())
    _wake(number)


def forget_old() -> None:
    """Forget what was told long ago and is done with."""
    before = timezone.now() - timedelta(days=settings.SHIPMATE_WEBHOOK_DAYS)
    old = Delivery.objects.filter(~Q(state=State.WAITING), received_at__lt=before)
    numbers = list(old.order_by("received_at").values_list("pk", flat=True)[:AT_ONCE])
    if numbers:
        Delivery.objects.filter(pk__in=numbers).delete()


def _waiting() -> QuerySet[Delivery]:
    """Return what is to be handled and nobody is handling."""
    free = Q(lease_until=None) | Q(lease_until__lt=timezone.now())
    return Delivery.objects.filter(free, state=State.WAITING)


def _wake(number: int) -> None:
    queue.wake("deployments.tasks.heed", number, cluster="chat")
