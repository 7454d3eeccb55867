"""What hosts themselves say that they run: read after each deployment and now and then.

Nothing is held meanwhile. What a host said counts only if nothing was deployed in the meantime.
"""

from __future__ import annotations

import re
from datetime import timedelta

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from deployments import changes, providers
from deployments.exceptions import HostError
from deployments.models import Deployment, Environment, Placement
from deployments.providers.contract import RELEASE, Context, HostSpec
from deployments.runner import reading
from deployments.runner.hosts import Target
from deployments.services import credentials, queue

EVERY = timedelta(minutes=10)
SHA = re.compile(r"[0-9a-f]{40}")


def ring() -> None:
    """Have those of one environment asked that were not for longest, unless workers have more to
    do: hosts that are silent take a worker's time, and deployments go first.
    """
    if queue.bells("deploy"):
        return
    due = Q(asked_at=None) | Q(asked_at__lt=timezone.now() - EVERY)
    first = _known().filter(due).order_by(F("asked_at").asc(nulls_first=True), "environment")
    number = first.values_list("environment", flat=True).first()
    if number is None:
        return
    if Placement.objects.filter(due, environment=number).update(asked_at=timezone.now()):
        queue.wake("deployments.tasks.hear", number, cluster="deploy")


def ask_soon(environment: Environment) -> None:
    """Have the hosts asked in the next round."""
    environment.placements.update(asked_at=None)


def hear(environment: Environment) -> None:
    """Ask each host that something was brought to."""
    placements = list(_known().filter(environment=environment).select_related("host", "current"))
    if not placements or _is_busy(environment):
        return
    private = credentials.private_key(environment)
    scripts = providers.provider(environment.application.provider).truth(
        _context(environment, placements)
    )
    placements = [placement for placement in placements if placement.host.name in scripts]
    answers = reading.read_all(
        (_target(placement, private), scripts[placement.host.name]) for placement in placements
    )
    with transaction.atomic():
        queue.settle(environment.pk)  # nothing begins until this is kept
        if not _is_busy(environment):
            _keep(environment, placements, answers)


def _known() -> QuerySet[Placement]:
    """Return the placements that something runs on, where Shipmate can sign in."""
    return Placement.objects.filter(
        current__isnull=False,
        environment__ssh_key__isnull=False,
        environment__archived_at=None,
        environment__application__archived_at=None,
    )


def _is_busy(environment: Environment) -> bool:
    return Deployment.objects.filter(environment=environment, status="in_progress").exists()


def _keep(
    environment: Environment, placements: list[Placement], answers: dict[str, str | HostError]
) -> None:
    for placement in placements:
        answer = answers[placement.host.name]
        # As it was when it was asked: else it is about another release.
        row = Placement.objects.filter(pk=placement.pk, current=placement.current_id)
        if isinstance(answer, HostError):
            row.update(silence=str(answer))
            continue
        says = answer.strip() if SHA.fullmatch(answer.strip()) else ""
        kept = row.update(says=says, heard_at=timezone.now(), silence="")
        before = placement.says if placement.heard_at else _record(placement)
        if kept and says != before:
            changes.record(
                "host.says",
                environment=environment,
                subject=placement.host.name,
                old=before,
                new=says,
            )


def _record(placement: Placement) -> str:
    return placement.current.sha if placement.current else ""


def _context(environment: Environment, placements: list[Placement]) -> Context:
    return Context(
        number=0,
        application=environment.application.name,
        environment=environment.name,
        task=RELEASE,
        ref="",
        sha="",
        who="",
        hosts=tuple(HostSpec(p.host.name, p.host.address, tuple(p.roles)) for p in placements),
        settings=environment.effective_settings,
        release="",
    )


def _target(placement: Placement, private: str) -> Target:
    host = placement.host
    return Target(
        name=host.name,
        address=host.address,
        port=host.port,
        user=host.user,
        private_key=private,
        host_keys=tuple(host.host_keys.splitlines()),
    )
