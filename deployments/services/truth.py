"""What hosts and clouds themselves say that they run: read after each deployment and now and then.

Nothing is held meanwhile. What a host said counts only if nothing was deployed in the meantime.
"""

from __future__ import annotations

import re
import time
from datetime import datetime, timedelta
from typing import Any

from django.core.cache import cache
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from deployments import changes, providers
from deployments.exceptions import HostError
from deployments.models import Deployment, Environment, Placement
from deployments.providers.contract import HERE, RELEASE, Context, HostSpec, Provider
from deployments.runner import reading
from deployments.runner.hosts import Target
from deployments.runner.masking import mask_text
from deployments.services import credentials, queue, workplaces
from deployments.services.work import with_secrets

EVERY = timedelta(minutes=10)
SHA = re.compile(r"[0-9a-f]{40}")
ASKING = "truth.asking"  # in the cache: since when a worker asks
AT_MOST = 120.0  # seconds; one that asks for longer was killed, or is not waited for
UNKNOWN = "? "  # what an answer begins with that is none (clouds/program.py)


def ring() -> None:
    """Have those of one environment asked that were not for longest, unless workers have more to
    do. Hosts that are silent take the time of one worker and no more: deployments go first.
    """
    if queue.bells("deploy") != 0:
        return
    now = timezone.now()
    # One of the future was written before a clock was put back.
    due = Q(asked_at=None) | Q(asked_at__lt=now - EVERY) | Q(asked_at__gt=now + EVERY)
    places = _longest_unasked(_known().filter(due), "environment")
    clouds = _longest_unasked(_at_clouds().filter(due), "pk")
    found = min((row for row in (places, clouds) if row), key=_first_unasked, default=None)
    if found is None or _is_asking():
        return
    number, asked = found[0], {"asked_at": now}
    if (
        Placement.objects.filter(due, environment=number).update(**asked)
        or _at_clouds().filter(due, pk=number).update(**asked)
    ):  # fmt: skip
        queue.wake("deployments.tasks.hear", number, cluster="deploy")


def _longest_unasked(rows: QuerySet[Any], number: str) -> tuple[int, datetime | None] | None:
    first = rows.order_by(F("asked_at").asc(nulls_first=True), number)
    return first.values_list(number, "asked_at").first()


def _first_unasked(row: tuple[int, datetime | None]) -> tuple[bool, datetime]:
    return (row[1] is not None, row[1] or timezone.now())


def ask_soon(environment: Environment) -> None:
    """Have its hosts, or its cloud, asked before all others, within seconds."""
    environment.placements.update(asked_at=None)
    Environment.objects.filter(pk=environment.pk).update(asked_at=None)


def hear(environment: Environment) -> None:
    """Ask each host that something was brought to, or the cloud."""
    cache.set(ASKING, time.time(), AT_MOST)
    try:
        _hear(environment)
    finally:
        cache.delete(ASKING)


def _is_asking() -> bool:
    """Return whether a worker asks. One of the future began before a clock was put back."""
    since = cache.get(ASKING)
    return since is not None and 0 <= time.time() - since < AT_MOST


def _hear(environment: Environment) -> None:
    provider = providers.provider(environment.application.provider)
    if provider.takes_hosts:
        _hear_hosts(environment, provider)
    elif environment.current is not None and not _is_busy(environment):
        _hear_cloud(environment, provider)


def _hear_hosts(environment: Environment, provider: Provider) -> None:
    placements = list(_known().filter(environment=environment).select_related("host", "current"))
    if not placements or _is_busy(environment):
        return
    private = credentials.private_key(environment)
    scripts = provider.truth(_context(environment, placements))
    placements = [placement for placement in placements if placement.host.name in scripts]
    answers = reading.read_all(
        (_target(placement, private), scripts[placement.host.name]) for placement in placements
    )
    with transaction.atomic():
        queue.settle(environment.pk)  # nothing begins until this is kept
        if not _is_busy(environment):
            _keep(environment, placements, answers)


def _hear_cloud(environment: Environment, provider: Provider) -> None:
    """Ask by the program that deploys there, which is given the secrets as it is then."""
    script = provider.truth(_context(environment, []))[HERE]
    secrets = credentials.values(environment)
    try:
        answer = reading.read_here(workplaces.here(), with_secrets(script, secrets)).strip()
    except HostError as error:
        answer = f"{UNKNOWN}{error}"
    with transaction.atomic():
        queue.settle(environment.pk)  # nothing begins until this is kept
        if not _is_busy(environment):
            _keep_cloud(environment, provider, mask_text(answer, secrets.values()))


def _keep_cloud(environment: Environment, provider: Provider, answer: str) -> None:
    # As it was when it was asked: else it is about another release.
    row = Environment.objects.filter(pk=environment.pk, current=environment.current_id)
    if answer.startswith(UNKNOWN):
        row.update(silence=answer.removeprefix(UNKNOWN))
        return
    current = environment.current.sha if environment.current else ""
    before = environment.says if environment.heard_at else current
    if row.update(says=answer[:100], heard_at=timezone.now(), silence="") and answer != before:
        changes.record(
            "host.says",
            environment=environment,
            subject=provider.label,
            old=before,
            new=answer[:100],
        )


def _at_clouds() -> QuerySet[Environment]:
    """Return the environments at clouds that something was brought to."""
    return Environment.objects.filter(
        current__isnull=False,
        application__provider__in=providers.without_hosts(),
        archived_at=None,
        application__archived_at=None,
    )


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
