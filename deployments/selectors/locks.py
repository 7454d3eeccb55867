"""What is locked, by whom and why. A lock whose time is over holds nobody, recorded or not."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from deployments import lines, rights
from deployments.durations import duration
from deployments.models import Deployment, Environment, Lock, Person
from deployments.selectors import lookup

MINUTE = 60


def holding(now: datetime | None = None) -> Q:
    """Match the locks that hold."""
    return Q(released_at=None) & (Q(until=None) | Q(until__gt=now or timezone.now()))


def of(environments: Iterable[Environment]) -> dict[int, Lock]:
    """Return the lock of each environment that has one, in one query."""
    by_number = {environment.pk: environment for environment in environments}
    every = lookup.in_environments(Lock.objects.filter(holding()), by_number.values())
    found = [lock for lock in every.select_related("person") if lock.environment_id in by_number]
    for lock in found:
        lock.environment = by_number[lock.environment_id]  # at hand, with its application
    return {lock.environment_id: lock for lock in found}


def in_(environment: Environment) -> Lock | None:
    return of([environment]).get(environment.pk)


def against(environment: Environment, person: Person | None) -> Lock | None:
    """Return the lock that keeps the person out; nobody's own does. Without a person, any."""
    return unless_own(in_(environment), person)


def unless_own(lock: Lock | None, person: Person | None) -> Lock | None:
    return lock if lock is not None and (person is None or lock.person_id != person.pk) else None


def locks_for(person: Person) -> QuerySet[Lock]:
    """Return the locks that hold wherever this person may look, by place."""
    seen = lookup.environments_for(person).values("pk")
    found = Lock.objects.filter(holding(), environment__in=seen)
    return found.select_related("person", "environment__application").order_by(
        "environment__application__name", "environment__position", "environment__name"
    )


def may_unlock(lock: Lock, person: Person) -> bool:
    """Return whether the person may open it: another's takes more than one's own."""
    return rights.may(person, right_to_unlock(lock, person), lock.environment)


def right_to_unlock(lock: Lock, person: Person) -> rights.Right:
    return "deploy" if lock.person_id == person.pk else "force"


def who_may_unlock(lock: Lock) -> str:
    """Name those who can open it: its owner, and whoever may open another's."""
    others = rights.holders("force", lock.environment).exclude(pk=lock.person_id)
    named = [lock.person.username, *others.values_list("username", flat=True)[:3]]
    first, last = named[:-1], named[-1]
    return f"{', '.join(first)} or {last}" if first else last


def keeps_out() -> Exists:
    """Match the deployments that somebody else's lock keeps from beginning."""
    others = Lock.objects.filter(holding(), environment=OuterRef("environment"))
    return Exists(others.exclude(person=OuterRef("person")))


def kept_out(environment: Environment) -> QuerySet[Deployment]:
    """Return the deployments asked for before the lock, which begin when it is open."""
    waiting = Deployment.objects.filter(keeps_out(), environment=environment)
    return waiting.filter(status__in=["pending", "queued"]).select_related("person").order_by("pk")


# ---- In words ----


def claim(lock: Lock, reader: Person | None = None) -> str:
    """Say who, where, since when, until when and why; times are in the reader's zone."""
    because = f", because {lock.reason.rstrip('.')}" if lock.reason else ""
    place = f"{lock.person} locked {lock.environment} {since(lock)}"
    return f"{place}, {end(lock, reader)}{because}."


def since(lock: Lock) -> str:
    ago = (timezone.now() - lock.since).total_seconds()
    return f"{duration(ago)} ago" if ago >= MINUTE else "just now"


def end(lock: Lock, reader: Person | None = None) -> str:
    """Say until when, in the reader's zone: until 18:30 UTC; the day where it is another."""
    if lock.until is None:
        return "until it is unlocked"
    return f"until {clock(lock.until, reader)}"


def clock(moment: datetime, reader: Person | None = None) -> str:
    """Say a moment to come, in the reader's zone: 18:30 UTC; the day where it is another."""
    zone = ZoneInfo(reader.time_zone) if reader else timezone.get_current_timezone()
    there, now = moment.astimezone(zone), timezone.now().astimezone(zone)
    day = f" on {there:%a} {there.day} {there:%b}" if there.date() != now.date() else ""
    year = f" {there.year}" if there.year != now.year else ""
    return f"{there:%H:%M} {there:%Z}{day}{year}"


def clears(lock: Lock) -> str:
    """Say who can open it, and how."""
    return f"{who_may_unlock(lock)} opens it: {unlock_line(lock)}"


def unlock_line(lock: Lock) -> str:
    return lines.unlock(lock.environment.application.name, lock.environment.name)
