"""What forges were told of deployments, and what they are still to be told."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Q, QuerySet
from django.utils import timezone

from deployments.models import ForgeReport
from deployments.selectors import told
from deployments.selectors.told import Told

LATE = timedelta(minutes=1)
LEASE = timedelta(seconds=60)  # longer than any call
APP = "deployment__environment__application"


def due(now: datetime) -> QuerySet[ForgeReport]:
    """Return what may be told now: its pause is over, its forge is let in and not left alone."""
    access = f"{APP}__repository__access"
    return ForgeReport.objects.filter(
        Q(next_at=None) | Q(next_at__lte=now),
        Q(**{f"{access}__rest_until": None}) | Q(**{f"{access}__rest_until__lte": now}),
        state=ForgeReport.State.WAITING,
        **{f"{access}__isnull": False, f"{APP}__reports": True},
    )


def free(now: datetime) -> Q:
    """Match what no worker holds; a lease of the future was written before a clock was put back."""
    return Q(lease_until=None) | Q(lease_until__lt=now) | Q(lease_until__gt=now + 2 * LEASE)


def untold(report: ForgeReport) -> list[Told]:
    """Return what is to be told, oldest first: of what is late, the latest alone."""
    if not report.deployment.sha:
        return []  # there is no deployment at a forge without a commit
    every = reversed(told.statuses(report.deployment))
    news = [one for one in every if one.number > report.told_number]
    is_late = bool(news) and news[0].at < timezone.now() - LATE
    return news[-1:] if is_late else news
