"""What forges were told of deployments, and what they are still to be told."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from deployments import rights
from deployments.exceptions import NotAllowed
from deployments.forges.github.deployments import page_of
from deployments.models import (
    Application,
    Deployment,
    Environment,
    ForgeAccess,
    ForgeReport,
    Person,
)
from deployments.selectors import lookup, told
from deployments.selectors.told import Told

LATE = timedelta(minutes=1)
LEASE = timedelta(seconds=60)  # longer than any call
SILENT = 3  # failures in a row, which takes half a minute
APP = "deployment__environment__application"


def due(now: datetime) -> QuerySet[ForgeReport]:
    """Return what may be told now: its pause is over, its forge is let in and not left alone."""
    awake = ForgeAccess.objects.filter(Q(rest_until=None) | Q(rest_until__lte=now))
    return ForgeReport.objects.filter(
        Q(next_at=None) | Q(next_at__lte=now),
        state=ForgeReport.State.WAITING,
        repository__in=awake.values("repository"),
        **{f"{APP}__reports": True},
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


# ---- For those who look ----


@dataclass(frozen=True)
class Shown:
    """How far a forge was told of a deployment, as people are told it."""

    report: ForgeReport
    place: Environment
    url: str  # where the forge shows it
    is_off: bool  # nothing is told of the app
    error: str = ""
    next_at: datetime | None = None  # None: as soon as a worker comes to it, or never


def of(deployment: Deployment) -> Shown | None:
    """Return how far its forge was told; None where nobody is to be told."""
    found = ForgeReport.objects.filter(deployment=deployment).select_related("repository").first()
    return shown(found, deployment) if found else None


def shown(report: ForgeReport, deployment: Deployment) -> Shown:
    access = ForgeAccess.objects.filter(repository=report.repository_id).first()
    return _shown(report, deployment, access)


def _shown(report: ForgeReport, deployment: Deployment, access: ForgeAccess | None) -> Shown:
    reports = deployment.environment.application.reports
    waits = report.state == ForgeReport.State.WAITING
    error = report.error
    if waits and access is None:
        error = "There is no credential for GitHub any more; set one in the app's settings."
    elif waits and access is not None and _is_resting(access):
        error = error or access.trouble
    return Shown(
        report,
        deployment.environment,
        page_of(report.repository.location, report.place),
        is_off=not reports,
        error=error,
        next_at=_next_at(report, access) if waits and reports else None,
    )


def _next_at(report: ForgeReport, access: ForgeAccess | None) -> datetime | None:
    moments = [report.next_at, access.rest_until if access else None]
    return max((at for at in moments if at and at > timezone.now()), default=None)


def _is_resting(access: ForgeAccess) -> bool:
    return access.rest_until is not None and access.rest_until > timezone.now()


def every(apps: Collection[int]) -> QuerySet[ForgeReport]:
    """Return those of these apps, newest first."""
    found = ForgeReport.objects.select_related(APP, "repository").order_by("-deployment_id")
    return found.filter(**{f"{APP}__in": apps})


def kept(person: Person) -> list[int]:
    """Return the apps at GitHub whose settings the person keeps. Refuses who keeps none at all."""
    if not rights.may_somewhere(person, "configure"):
        raise NotAllowed(
            f"{person} may not see what forges are told: it takes a maintainer of something. "
            f"Ask {rights.who_may('configure')}."
        )
    roles = rights.roles_of(person)
    apps = Application.objects.filter(repository__forge="github")
    return [app.pk for app in apps if rights.may(person, "configure", app, roles)]


def page(found: Sequence[ForgeReport]) -> list[Shown]:
    """Return what a list shows of these, in one query more."""
    opened = ForgeAccess.objects.filter(repository__in={row.repository_id for row in found})
    by_repository = {one.repository_id: one for one in opened}
    return [_shown(row, row.deployment, by_repository.get(row.repository_id)) for row in found]


@dataclass(frozen=True)
class Contact:
    """A repository at its forge: when that was reached, and for how many deployments it was not."""

    access: ForgeAccess
    waiting: int
    failed: int


def contacts(apps: Collection[int]) -> list[Contact]:
    """Return the forges of these apps' repositories by their names."""
    held = ForgeReport.objects.filter(**{f"{APP}__in": apps}, state__in=("waiting", "failed"))
    counted = held.order_by().values_list("repository", "state").annotate(Count("pk"))
    counts = {(repository, state): count for repository, state, count in counted}
    found = ForgeAccess.objects.filter(repository__applications__in=apps).distinct()
    return [
        Contact(
            one,
            counts.get((one.repository_id, "waiting"), 0),
            counts.get((one.repository_id, "failed"), 0),
        )
        for one in found.select_related("repository").order_by("repository__name")
    ]


def silent(person: Person) -> list[ForgeAccess]:
    """Return the forges that have not been reached for a while, of apps that the person may see."""
    found = ForgeAccess.objects.filter(
        failures__gte=SILENT, repository__applications__in=lookup.applications_for(person)
    )
    return list(found.select_related("repository").distinct().order_by("repository__name")[:3])
