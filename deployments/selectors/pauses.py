"""Deployments that wait behind their first host: since when, for what, and whether that is over."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from deployments.models import Deployment, Person
from deployments.selectors import locks

# No worker holds it. One that went on is so until a worker takes it.
UNHELD = Q(status="in_progress", lease_until=None, paused_at__isnull=False)
LASTS = UNHELD & Q(went_on_at=None)


def due(now: datetime) -> Q:
    """Match those that a worker is to take: to go on, to be stopped, or to be given up.

    One whose time is over waits on while somebody else's lock holds, as a queued one does.
    """
    late = now - _longest()
    over = Q(paused_until__lte=now) & ~Q(locks.keeps_out())
    given_up = Q(paused_until=None, paused_at__lte=late) | Q(paused_until__lte=late)
    asked = Q(went_on_at__isnull=False) | Q(stop_at__isnull=False)
    return UNHELD & (asked | over | given_up)


def forgotten(now: datetime) -> Q:
    """Match those that no worker took though their deadline passed an hour ago."""
    late = now - _longest() - timedelta(hours=1)
    ended = Q(paused_until=None, paused_at__lte=late) | Q(paused_until__lte=late)
    return UNHELD & (ended | Q(went_on_at__lte=late))


def goes_on_by_itself(deployment: Deployment, now: datetime) -> bool:
    """Return whether its time is over, and nobody wants it stopped."""
    until = deployment.paused_until
    is_over = until is not None and until <= now < until + _longest()
    kept_out = locks.against(deployment.environment, deployment.person) is not None
    return is_over and deployment.stop_at is None and not kept_out


def given_up_at(deployment: Deployment) -> datetime:
    """Return the moment at which nobody waits any longer that it goes on."""
    return (deployment.paused_until or deployment.paused_at or timezone.now()) + _longest()


def _longest() -> timedelta:
    return timedelta(seconds=settings.SHIPMATE_PAUSE_DEADLINE)


# ---- In words ----


def words(deployment: Deployment, reader: Person | None = None) -> str:
    """Say behind what it waits, and what ends that: “after web-1, goes on at 14:32 UTC or …”."""
    behind, told = f"after {first_host(deployment)}", "somebody says “go on”"
    until = deployment.paused_until
    if until is None:
        end = locks.clock(given_up_at(deployment), reader)
        return f"{behind}, until {told}; given up at {end}"
    if until > timezone.now():
        at = locks.clock(until, reader)
        return f"{behind}, goes on at {at} or when {told}"
    lock = locks.against(deployment.environment, deployment.person)
    return f"{behind}. {locks.claim(lock, reader)}" if lock else f"{behind}, about to go on"


def first_host(deployment: Deployment) -> str:
    hosts = deployment.settings.get("hosts", [])
    return str(hosts[0]["name"]) if hosts else "its first host"
