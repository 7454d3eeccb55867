"""A deployment that hosts refused asks itself to be undone, where its environment says so.

Found before it ends, because code may have to be looked for; asked for in the transaction that
ends it, so that it is never forgotten, and before others that wait there.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Min

from deployments import changes, rollouts
from deployments.exceptions import DeploymentError
from deployments.models import Deployment
from deployments.selectors import approvals
from deployments.services import lifecycle
from deployments.services.lifecycle import Door
from deployments.services.verdict import Verdict

VIA = "auto"


@dataclass(frozen=True)
class WayBack:
    """Which hosts return to what; or why they cannot."""

    hosts: list[str]
    target: Deployment | None = None
    away: str = ""
    refusal: str = ""


def way_back(deployment: Deployment, verdict: Verdict) -> WayBack | None:
    """Return how it is undone; None where it is not to be, or no host has switched."""
    said_no = verdict.was_refused or verdict.reason == "timed_out"
    if not said_no or not rollouts.of(deployment.settings).roll_back:
        return None
    placed = deployment.environment.placements.filter(current=deployment).order_by("host__name")
    hosts = list(placed.values_list("host__name", flat=True))
    return _found(deployment, hosts) if hosts else None


def ask(deployment: Deployment, way: WayBack) -> None:
    """Ask for it, with the authority that the deployment had; or remember why it could not be."""
    if way.target is None:
        note = f"{', '.join(way.hosts)} could not be rolled back: {way.refusal}"
        changes.record("deployment.undone", deployment=deployment, via=VIA, note=note)
        return
    made = lifecycle.create(
        deployment.environment,
        Door(approvals.authority(deployment), VIA, key=f"undo-{deployment.pk}"),
        note=way.away,
        kind=Deployment.Kind.ROLLBACK,
        parent=way.target,
        ref=way.target.ref,
        sha=way.target.sha,
        subject=way.target.subject,
        hosts=way.hosts,
        why=f"#{deployment.pk} was refused by a host: return to #{way.target.pk}",
    )
    _put_first(made)
    hosts = ", ".join(way.hosts)
    changes.record(
        "deployment.undone", deployment=deployment, via=VIA, subject=hosts, new=str(made.pk)
    )


def _found(deployment: Deployment, hosts: list[str]) -> WayBack:
    environment = deployment.environment
    environment.refresh_from_db(fields=["current"])
    target = environment.current
    if target is None:
        return WayBack(hosts, refusal="nothing has run there before.")
    try:
        person = approvals.authority(deployment)
        away = lifecycle.refuse_rollback(environment, target, person, hosts)
    except DeploymentError as error:
        return WayBack(hosts, refusal=str(error))
    return WayBack(hosts, target, away)


def _put_first(made: Deployment) -> None:
    """Let it come before what waits there: that would be undone by it otherwise."""
    others = Deployment.objects.filter(environment=made.environment_id, status="queued")
    first = others.exclude(pk=made.pk).aggregate(first=Min("queued_at"))["first"]
    if first is not None:
        earlier = first - timedelta(microseconds=1)
        Deployment.objects.filter(pk=made.pk, status="queued").update(queued_at=earlier)
