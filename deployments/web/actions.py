"""What can be done next with a deployment: the likeliest only, each with what it would do."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field

from django.urls import reverse

from deployments import lines, rights
from deployments.models import Deployment, Person
from deployments.selectors import approvals, pauses, phases, releases, since

NAMED = 5  # hosts


@dataclass(frozen=True)
class Action:
    label: str
    url: str
    says: str  # what will happen
    line: str  # the chat line that does the same
    icon: str
    style: str = ""
    fields: dict[str, str] = field(default_factory=dict)
    asks: str = ""  # what has to be said with it
    key: str = field(default_factory=lambda: uuid.uuid4().hex)


def actions(deployment: Deployment, person: Person) -> list[Action]:
    """Return what the person may do with it now."""
    if deployment.is_for_approval and not approvals.refusal(deployment, person):
        return [_approve(deployment), _reject(deployment)]
    if not deployment.is_finished:
        cancel = [_cancel(deployment)] if _may_cancel(deployment, person) else []
        return [_go_on(deployment), *cancel] if _may_go_on(deployment, person) else cancel
    if not rights.may(person, "deploy", deployment.environment):
        return []
    found = [_retry(deployment)] if deployment.status != "success" else []
    if deployment.reason == "partly":
        found = [_retry_failed_hosts(deployment), *found]
    target = way_back(deployment)
    return [*found, _back(deployment, target)] if target else found


def refusal(deployment: Deployment, person: Person) -> str:
    """Say who can act where the person cannot."""
    if deployment.stop_at is not None and not deployment.is_finished:
        return ""  # nobody can do more than has been asked for
    if deployment.is_for_approval and deployment.person_id != person.pk:
        return approvals.refusal(deployment, person)
    right = "deploy" if deployment.is_finished else _right_to_cancel(deployment, person)
    if rights.may(person, right, deployment.environment):
        return ""
    return rights.refusal(person, right, deployment.environment)


def way_back(deployment: Deployment) -> Deployment | None:
    """Return what a rollback from here would return to."""
    environment = deployment.environment
    current = environment.current
    if current == deployment:
        return releases.before_current(environment)
    touched = environment.placements.filter(current=deployment).exists()
    failed = deployment.status in ("failure", "error", "cancelled")
    return current if failed and touched else None


def _approve(deployment: Deployment) -> Action:
    return Action(
        "Approve",
        reverse("deployment-approve", args=[deployment.pk]),
        "It goes on with your authority; that you approved it stays on record.",
        lines.approve(deployment.pk),
        "check",
        "btn-main",
    )


def _reject(deployment: Deployment) -> Action:
    return Action(
        "Reject",
        reverse("deployment-reject", args=[deployment.pk]),
        "Ends it before it begins; whoever asked for it is told why.",
        lines.reject(deployment.pk, "…"),
        "stop",
        "btn-stop",
        asks="because",
    )


def _may_go_on(deployment: Deployment, person: Person) -> bool:
    is_wanted = deployment.is_paused and deployment.stop_at is None
    return is_wanted and rights.may(person, "deploy", deployment.environment)


def _may_cancel(deployment: Deployment, person: Person) -> bool:
    right = _right_to_cancel(deployment, person)
    return deployment.stop_at is None and rights.may(person, right, deployment.environment)


def _right_to_cancel(deployment: Deployment, person: Person) -> rights.Right:
    return "deploy" if deployment.person_id == person.pk else "force"


def _cancel(deployment: Deployment) -> Action:
    begun = deployment.status == "in_progress"
    says = (
        "Stops its commands on all hosts; a host that has switched keeps the new version."
        if begun
        else "It has not begun; no host is touched."
    )
    return Action(
        "Cancel",
        reverse("deployment-cancel", args=[deployment.pk]),
        says,
        lines.cancel(deployment.pk),
        "stop",
        "btn-stop",
    )


def _retry(deployment: Deployment) -> Action:
    what = deployment.sha[:7] or deployment.ref or "the default branch"
    differ = since.changed(deployment)
    changed = f" Changed since: {', '.join(differ)}." if differ else ""
    return Action(
        "Retry",
        reverse("deployment-retry", args=[deployment.pk]),
        f"Deploys {what} again, as a new deployment with today's settings.{changed}",
        lines.retry(deployment.pk),
        "retry",
        "" if deployment.reason == "partly" else "btn-main",
    )


def _retry_failed_hosts(deployment: Deployment) -> Action:
    named = phases.failed_hosts(deployment)
    hosts = ", ".join(named[:NAMED]) + (f" and {len(named) - NAMED} more" * (len(named) > NAMED))
    return Action(
        "Retry failed hosts",
        reverse("deployment-retry", args=[deployment.pk]),
        f"Deploys {deployment.sha[:7]} again to {hosts} only, with today's settings.",
        lines.retry_failed_hosts(deployment.pk),
        "retry",
        "btn-main",
        fields={"failed_hosts": "yes"},
    )


def _go_on(deployment: Deployment) -> Action:
    return Action(
        "Go on",
        reverse("deployment-go-on", args=[deployment.pk]),
        f"Ends the pause after {pauses.first_host(deployment)}: the other hosts follow now.",
        lines.go_on(deployment.pk),
        "right",
        "btn-main",
    )


def _back(deployment: Deployment, target: Deployment) -> Action:
    environment = deployment.environment
    app = environment.application.name
    return Action(
        "Roll back",
        reverse("environment-rollback", args=[app, environment.name]),
        f"Returns all hosts to {target.sha[:7]}, as #{target.pk} left them, with its settings; "
        "what migrations did to the database stays.",
        lines.rollback(app, environment.name, target.pk),
        "back",
        fields={"to": str(target.pk)},
    )
