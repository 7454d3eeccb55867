"""What forges told: kept with its bell before it is acknowledged, and done by a worker."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.conf import settings
from django.db import DatabaseError, DataError, IntegrityError, connection, transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from deployments.durability import redone_if_lost
from deployments.durations import duration
from deployments.exceptions import RepositoryAway
from deployments.models import Delivery, Webhook
from deployments.services import coming_again, gates, queue, webhooks
from deployments.services.coming_again import Came
from deployments.together import Together

State = Delivery.State
LEASE = timedelta(seconds=60)
UNDER_WAY, RING_AGAIN = timedelta(seconds=2), timedelta(seconds=5)
ATTEMPTS = 5  # workers that may die over one
AT_ONCE = 100  # that are forgotten in one round
LONGEST = timedelta(hours=2)  # that one waits in all: GitHub counts its limits by the hour
A_LITTLE = timedelta(seconds=1)  # after the moment that GitHub named, and from now at least


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


def accept(webhook: Webhook, told: Told) -> tuple[Delivery, Came]:
    """Keep it and ring for a worker, in one transaction; say whether it is new.

    The same id delivered again is the one that is kept, whatever it says now; where that failed it
    is done anew. What comes at once shares a transaction: in a burst most of the time would go into
    beginning and ending one.
    """
    if connection.in_atomic_block:  # somebody else says when it is kept
        return _alone(webhook, told)
    return _together.ask((webhook, told))


def _at_once(asked: list[tuple[Webhook, Told]]) -> list[tuple[Delivery, Came] | Exception]:
    """Keep all of them; where one was kept before, or cannot be, each by itself."""
    try:
        with transaction.atomic():
            return [(row, Came.NEW) for row in _keep(asked)]
    except (IntegrityError, DataError):
        return [_tried(*one) for one in asked]


def _tried(webhook: Webhook, told: Told) -> tuple[Delivery, Came] | Exception:
    try:
        return _alone(webhook, told)
    except DatabaseError as error:
        return error


def _alone(webhook: Webhook, told: Told) -> tuple[Delivery, Came]:
    try:
        with transaction.atomic():
            return _keep([(webhook, told)])[0], Came.NEW
    except IntegrityError:
        known = Delivery.objects.filter(repository=webhook.repository_id, guid=told.guid)
        if (row := known.defer("body").first()) is None:
            raise
        return row, coming_again.deliver(row, _digest(told.body))


def _keep(asked: list[tuple[Webhook, Told]]) -> list[Delivery]:
    """Write them and ring, unless a bell is on its way: who hears that looks for all that waits."""
    now = timezone.now()
    is_rung = _waiting().filter(rung_at__gt=now - UNDER_WAY, rung_at__lte=now).exists()
    rows = [_row(webhook, told) for webhook, told in asked]
    rows[0].rung_at = None if is_rung else now
    Delivery.objects.bulk_create(rows)
    if not is_rung:
        coming_again.wake(rows[0].pk)
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
        digest=_digest(told.body),
    )


_together = Together(_at_once)


def take(number: int) -> Delivery | None:
    """Let nobody else handle it for a while; None, if somebody does or did."""
    until = timezone.now() + LEASE
    with redone_if_lost():
        if not _waiting().filter(pk=number).update(lease_until=until, attempts=F("attempts") + 1):
            return None
    return Delivery.objects.select_related("repository").get(pk=number)


def put_off(delivery: Delivery, away: RepositoryAway) -> None:
    """Have it handled later: the forge does not answer. Less and less often, and not for ever.

    Where the forge named a moment it is asked then, and the time until then counts for nothing.
    """
    now = timezone.now()
    since = delivery.away_since or now
    until = away.until or delivery.limited_until
    latest = min(max(since, until or since) + _patience(), since + LONGEST)
    later = max(away.until, now) + A_LITTLE if away.until else gates.next_look(since)
    if now > latest or (away.until and later > latest):
        end(delivery, State.FAILED, f"{away} {_given_up(since, away.until)}")
        return
    again = "It goes on by itself then" if away.until else "It is asked again by itself"
    said = f"{away} {again}; it is tried until {latest:%H:%M} UTC."
    kept = {"away_since": since, "limited_until": until, "outcome": said}
    mine(delivery).update(**kept, lease_until=later, attempts=0)


def _patience() -> timedelta:
    return timedelta(seconds=settings.SHIPMATE_PENDING_DEADLINE)


def _given_up(since: datetime, until: datetime | None) -> str:
    """Say for how long it was tried, and what somebody can do."""
    when = f"after {until:%H:%M} UTC" if until else "when GitHub answers"
    waited = duration((timezone.now() - since).total_seconds())
    return (
        f"It has waited {waited} for that, and is not asked again by itself. Press “Do it again”"
        f" here, or “Redeliver” at GitHub, {when}."
    )


def looked_at(delivery: Delivery) -> datetime:
    """Return the moment by which the age of what it tells is judged: now, or when it was first
    looked at, where the forge has not answered since."""
    now = timezone.now()
    since = delivery.away_since
    return since if since is not None and now - since <= LONGEST else now


def next_waiting() -> int | None:
    """Return what has waited longest and nobody has taken."""
    return _waiting().order_by("pk").values_list("pk", flat=True).first()


def end(delivery: Delivery, state: Delivery.State, outcome: str) -> bool:
    """Say what came of it, unless somebody else has it now, or has said so."""
    ended = {"state": state, "outcome": outcome, "handled_at": timezone.now(), "lease_until": None}
    return mine(delivery).update(**ended) == 1


def mine(delivery: Delivery) -> QuerySet[Delivery]:
    """Return it, as long as nobody else has taken it, nor it came again, since it was read."""
    same = {"lease_until": delivery.lease_until, "redelivered": delivery.redelivered}
    return Delivery.objects.filter(pk=delivery.pk, state=State.WAITING, **same)


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
    coming_again.wake(number)


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


def _digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()
