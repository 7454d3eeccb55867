"""Claims on environments: taken by one person at a time, released, over when their time is."""

from __future__ import annotations

from datetime import UTC, timedelta

from django.db import transaction
from django.utils import timezone

from deployments import changes, rights, typed
from deployments.exceptions import Invalid, NotAllowed, Refused
from deployments.models import Environment, Lock, Person
from deployments.selectors import locks
from deployments.services import queue
from deployments.services.lifecycle import Door


def take(
    environment: Environment, door: Door, *, seconds: int | None = None, reason: str = ""
) -> Lock:
    """Claim the environment. Its owner says anew for how long, and why; others are refused.

    Deployments of others that have not begun wait; one that runs goes on.
    """
    rights.require(door.person, "deploy", environment, doing="lock")
    with transaction.atomic():
        queue.settle(environment.pk)
        known = Lock.objects.filter(taken_key=door.unique).first() if door.key else None
        if known is not None:
            return known
        _end_if_over(environment)
        held = locks.in_(environment)
        if held is not None and held.person_id != door.person.pk:
            raise _taken(held, door.person)
        return _write(environment, door, held, seconds, typed.reason(reason))


def release(environment: Environment, door: Door) -> Lock:
    """Open it again, and let begin what has waited for that."""
    with transaction.atomic():
        queue.settle(environment.pk)
        known = Lock.objects.filter(released_key=door.unique).first() if door.key else None
        if known is not None:
            return known
        _end_if_over(environment)
        lock = locks.in_(environment)
        if lock is None:
            raise Invalid(f"{environment} is not locked.")
        require_release(lock, door.person)
        _end(lock, "lock.released", door)
    return lock


def _taken(held: Lock, person: Person) -> Refused:
    said = f"{locks.claim(held, person)} {locks.clears(held)}"
    return Refused([said], [locks.unlock_line(held)] if locks.may_unlock(held, person) else [])


def require_release(lock: Lock, person: Person) -> None:
    """Refuse who may not open it: another's takes more than one's own."""
    if locks.may_unlock(lock, person):
        return
    if lock.person_id == person.pk:
        raise NotAllowed(rights.refusal(person, "deploy", lock.environment, doing="unlock"))
    who, said = locks.who_may_unlock(lock), locks.claim(lock, person)
    raise NotAllowed(f"{person} may not unlock {lock.environment}: {said} Ask {who}.")


def end_over() -> None:
    """Record the locks whose time is over, and let begin what waited for them."""
    over = Lock.objects.filter(released_at=None, until__lte=timezone.now())
    for environment in Environment.objects.filter(locks__in=over).distinct():
        with transaction.atomic():
            queue.settle(environment.pk)
            _end_if_over(environment)


def _write(
    environment: Environment, door: Door, held: Lock | None, seconds: int | None, reason: str
) -> Lock:
    """Write the claim, in the place of the one before it, which is the same person's."""
    until = timezone.now() + timedelta(seconds=seconds) if seconds else None
    if held is not None:
        if held.until == until and reason in ("", held.reason):
            return held
        Lock.objects.filter(pk=held.pk).update(released_at=timezone.now(), released_by=door.person)
    lock = Lock.objects.create(
        environment=environment,
        person=door.person,
        reason=reason or (held.reason if held else ""),
        since=held.since if held else timezone.now(),
        until=until,
        taken_key=door.unique,
    )
    changes.record(
        "lock.changed" if held else "lock.taken",
        person=door.person,
        via=door.via,
        environment=environment,
        subject=lock.reason,
        old=_length(held) if held else "",
        new=_length(lock),
    )
    return lock


def _end_if_over(environment: Environment) -> None:
    over = Lock.objects.filter(
        environment=environment, released_at=None, until__lte=timezone.now()
    ).first()
    if over is not None:
        _end(over, "lock.expired")


def _end(lock: Lock, verb: str, door: Door | None = None) -> None:
    """End it in the row, say so in the table that remembers, and ring for what waited."""
    lock.released_at = timezone.now() if door else lock.until
    lock.released_by = door.person if door else None
    lock.released_key = door.unique if door else None
    lock.save(update_fields=["released_at", "released_by", "released_key"])
    changes.record(
        verb,
        person=lock.released_by,
        via=door.via if door else "",
        environment=lock.environment,
        subject=lock.reason,
        old=f"{lock.person}, {_length(lock)}",
    )
    queue.ring_next(lock.environment_id)


def _length(lock: Lock) -> str:
    return f"until {lock.until.astimezone(UTC):%Y-%m-%d %H:%M} UTC" if lock.until else "no end"
