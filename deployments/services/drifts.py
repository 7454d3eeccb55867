"""How far environments are behind: asked of repositories now and then, told by the board."""

from __future__ import annotations

import logging
from datetime import timedelta

from django.db.models import F, Q
from django.utils import timezone

from deployments.exceptions import DeploymentError
from deployments.models import Application, Drift, Repository
from deployments.selectors import code, running
from deployments.selectors.running import Running
from deployments.services import checks, pulls, queue

EVERY = timedelta(minutes=10)
AT_ONCE = 10  # applications whose repositories are asked in one round
log = logging.getLogger(__name__)


def ring() -> None:
    """Have the repositories that were not asked for longest asked, each in a worker."""
    now = timezone.now()
    # One of the future was written before a clock was put back.
    due = Q(looked_at=None) | Q(looked_at__lt=now - EVERY) | Q(looked_at__gt=now + EVERY)
    first = Application.objects.filter(due).order_by(F("looked_at").asc(nulls_first=True))
    for number in list(first.values_list("pk", flat=True)[:AT_ONCE]):
        taken = Application.objects.filter(due, pk=number).update(looked_at=now)
        if taken:
            queue.wake("deployments.tasks.look", number, cluster="chat")


def look_soon(repository: Repository) -> list[Application]:
    """Have the repository asked in the sweeper's next round, for each application made of it."""
    applications = list(repository.applications.filter(archived_at=None).order_by("name"))
    repository.applications.filter(pk__in=[app.pk for app in applications]).update(looked_at=None)
    return applications


def look(application: Application) -> None:
    """Ask the repository where its default branch is, and keep what each environment lacks."""
    try:
        refs = code.refs(application)
    except DeploymentError as error:
        log.info("What %s lacks is not known: %s", application, error)
        return
    head = refs.head
    _hear(application, head)
    _hear_of_pulls(application)
    environments = list(application.environments.select_related("current"))
    runs = running.of(environments) if head else {}
    for number, found in runs.items():
        _keep(application, number, found, head)


def _hear(application: Application, head: str) -> None:
    """Keep what checks say of the newest commit, so that pages can show it."""
    try:
        checks.ask(application, head)
    except DeploymentError as error:
        log.info("What checks say of %s is not known: %s", application, error)


def _hear_of_pulls(application: Application) -> None:
    """Keep which pull requests are open, so that they can be offered without asking anybody."""
    try:
        pulls.ask(application)
    except DeploymentError as error:
        log.info("Which pull requests of %s are open is not known: %s", application, error)


def _keep(application: Application, number: int, runs: Running, head: str) -> None:
    """Keep what one environment lacks; where hosts differ, what the furthest of them does."""
    try:
        found = running.compared(application, runs, head)
    except DeploymentError as error:
        log.info("%s cannot be compared with %s: %s", application, head, error)
        return
    if found is not None:
        values = {"sha": found.base, "head": head, "behind": found.ahead}
        Drift.objects.update_or_create(environment_id=number, defaults=values)
