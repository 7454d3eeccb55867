"""A deployment as it may be told: the model's facts, made plain for messages."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.urls import reverse

from bots.sayings import Versions
from bots.sentences import DeploymentView
from deployments.models import Deployment, Environment
from deployments.parameters import said
from deployments.selectors import code, locks, log_search, lots, pauses, phases, running
from deployments.selectors.running import Running
from deployments.web.looks import look_of


def portrait(deployment: Deployment, base: str = "", *, row: bool = False) -> DeploymentView:
    """Return the facts of now. Addresses begin with `base`; the built-in chat needs none.

    A row of a table does not tell what ran before, so that is not asked for each.
    """
    environment, app = deployment.environment, deployment.environment.application
    previous = None if row else previous_of(deployment)
    url, line = base + deployment.get_absolute_url(), _broke_at(deployment, row=row)
    return DeploymentView(
        number=deployment.pk,
        app=app.name,
        environment=environment.name,
        state=look_of(deployment).data_state,
        who=str(deployment.person),
        asker=deployment.person.username,
        ref="" if deployment.ref == deployment.sha else deployment.ref,
        sha=deployment.sha,
        kind=deployment.kind,
        task=deployment.task,
        parameters=said(deployment.parameters),
        forced=deployment.forced,
        forced_past=tuple(deployment.forced_past),
        parent=deployment.parent_id,
        why=deployment.why,
        note=_note(deployment, row=row),
        lots=() if row else _lots(deployment),
        stopped_by=_stopped_by(deployment),
        needs_approval=deployment.is_for_approval,
        hosts=len(deployment.settings.get("hosts", ())),
        seconds=deployment.seconds,
        repository=app.repository.name,
        previous=previous.pk if previous else None,
        previous_sha=previous.sha if previous else "",
        url=url,
        log_url=f"{url}?at={line}#L{line}" if line else f"{url}?tab=log",
        broke_at=line,
        **_addresses(deployment, previous, base),
    )


def _addresses(deployment: Deployment, previous: Deployment | None, base: str) -> dict[str, Any]:
    environment, app = deployment.environment, deployment.environment.application
    before = previous.sha if previous else ""
    return {
        "ref_url": code.ref_url(app.repository, deployment.ref),
        "app_url": base + app.get_absolute_url(),
        "environment_url": base + environment.get_absolute_url(),
        "previous_url": base + previous.get_absolute_url() if previous else "",
        "diff_url": diff_url(environment, before, deployment.sha, base),
    }


def _broke_at(deployment: Deployment, *, row: bool) -> int:
    """Return the line of its log where it broke; 0: none is told."""
    return log_search.breaking_line(deployment) if deployment.is_broken and not row else 0


def _note(deployment: Deployment, *, row: bool) -> str:
    """Return the reason of its state; one whose turn it could be may wait for somebody's lock."""
    if deployment.status == Deployment.Status.CANCELLED and deployment.stop_by is None:
        return ""  # it names who cancelled it, which is told besides
    if deployment.is_paused and deployment.stop_at is None:
        return pauses.words(deployment)
    is_stopping = deployment.stop_at is not None or deployment.reason != ""
    if deployment.status == Deployment.Status.IN_PROGRESS and is_stopping and not row:
        return " ".join(filter(None, [deployment.note, *phases.doubts(deployment)]))
    is_queued = not row and deployment.status == Deployment.Status.QUEUED
    lock = locks.against(deployment.environment, deployment.person) if is_queued else None
    return locks.claim(lock) if lock else deployment.note


def _lots(deployment: Deployment) -> tuple[str, ...]:
    """Return how it went host by host, in few lines, where it was done in part."""
    if deployment.reason != "partly":
        return ()
    return tuple(lots.in_short(lots.lots(deployment, phases.phases(deployment))))


def previous_of(deployment: Deployment) -> Deployment | None:
    """Return what ran before it; until it begins, what runs now."""
    if deployment.previous is not None or deployment.is_finished:
        return deployment.previous
    return running.before(deployment.environment)


def versions_of(runs: Running) -> Versions:
    """Return each version with the number of its hosts, where there are several."""
    return [(version.sha, version.hosts) for version in runs.versions] if runs.is_mixed else ()


def _stopped_by(deployment: Deployment) -> str:
    """Return who cancelled it; one that had not begun says so in its note."""
    if deployment.stop_by is not None or deployment.status != Deployment.Status.CANCELLED:
        return str(deployment.stop_by or "")
    return deployment.note.removeprefix("cancelled by ")


def diff_url(environment: Environment, old: str, new: str, base: str = "") -> str:
    """Return the page that compares two commits, if both are known."""
    if not old or not new or old == new:
        return ""
    return base + reverse("compare", args=[environment.application.name, f"{old}...{new}"])


def outside() -> str:
    """Return the beginning of addresses for those who read them outside of Shipmate's pages."""
    return str(settings.SHIPMATE_URL)
