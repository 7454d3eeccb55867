"""Somebody says at GitHub how a deployment went: told on its timeline, and it changes nothing."""

from __future__ import annotations

from django.conf import settings

from deployments import changes
from deployments.forges.github import marker
from deployments.models import Deployment, Repository
from deployments.services import creations
from deployments.webhooks.github.payload import NotHandled, Payload, at, number, text

STATES = frozenset(
    ["error", "failure", "inactive", "in_progress", "queued", "pending", "success", "waiting"]
)


def deployment_status(repository: Repository, payload: Payload) -> str:
    remote_id, state = (
        number(payload, "deployment", "id"),
        text(payload, "deployment_status", "state"),
    )
    deployment = _linked(repository, payload, remote_id)
    if deployment is None:
        raise NotHandled(f"Kept; GitHub's deployment {remote_id or '?'} is none of those here.")
    if _is_ours(deployment, payload):
        raise NotHandled(f"Kept; it is what Shipmate itself told GitHub of #{deployment.pk}.")
    if state not in STATES:
        raise NotHandled(f"Kept; it says nothing of #{deployment.pk} that GitHub knows.")
    who = text(payload, "deployment_status", "creator", "login", longest=100) or "Somebody"
    changes.record(
        "deployment.told",
        deployment=deployment,
        via="webhook",
        subject=who,
        new=state,
        note=text(payload, "deployment_status", "description"),
    )
    return (
        f"{who} says {state} of #{deployment.pk}. Its timeline tells of it; nothing else changes."
    )


def _linked(repository: Repository, payload: Payload, remote_id: int | None) -> Deployment | None:
    """Return the deployment that was made of GitHub's, or that GitHub's was made of."""
    own = marker.is_ours(at(payload, "deployment", "payload"))
    if own is not None:
        here = Deployment.objects.filter(environment__application__repository=repository)
        return here.filter(pk=own).first()
    return creations.known(repository, remote_id) if remote_id is not None else None


def _is_ours(deployment: Deployment, payload: Payload) -> bool:
    """Return whether it leads to our page, as all that Shipmate says there does."""
    page = f"{settings.SHIPMATE_URL}{deployment.get_absolute_url()}"
    told = (text(payload, "deployment_status", name) for name in ("log_url", "target_url"))
    return any(url.partition("?")[0] == page for url in told)
