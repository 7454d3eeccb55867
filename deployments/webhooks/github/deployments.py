"""A deployment was created at GitHub: it is performed here, as if it had been asked for here."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from functools import partial

from deployments.exceptions import DeploymentError, RepositoryAway
from deployments.forges.github import marker, wishes
from deployments.models import Repository
from deployments.providers.contract import RELEASE
from deployments.selectors import webhooks
from deployments.services import confirming, creations
from deployments.services.creations import Creation
from deployments.webhooks.github.payload import (
    NotHandled,
    Payload,
    Refuted,
    at,
    clean,
    moment,
    number,
    text,
)

SHA = re.compile(r"[0-9a-f]{40}", re.A)
KEPT = "Kept; nothing is deployed:"
REFUSED = "Nothing is deployed."
PRODUCTION = "production"  # GitHub's own, where none is named
ACTIONS = "github-actions[bot]"  # creates what a step of a workflow asks for with its own token


def created(repository: Repository, payload: Payload, looked_at: datetime) -> Callable[[], str]:
    """Look at it before the transaction: the forge is asked. Return what is to be done in it."""
    action = text(payload, "action")
    if action not in ("", "created"):  # of old there was no other, and so no word for it
        raise NotHandled(f"{KEPT} it was {action}, not created.")
    _leave_to_actions(payload)
    told = at(payload, "deployment")  # of old it was the whole
    creation = _read(repository, told if isinstance(told, dict) else payload)
    known = creations.known(repository, creation.remote_id)
    if known is not None:
        raise NotHandled(f"{KEPT} it is #{known.pk} here already.")
    creation, unproved = _confirmed(repository, creation)
    found = creations.look_at(repository, creation, unproved, looked_at)
    return partial(creations.perform, repository, found)


def _leave_to_actions(payload: Payload) -> None:
    """Leave alone what a job of a workflow does itself, which names an environment for that.

    GitHub makes a deployment of each such job, by who began the workflow:
    https://docs.github.com/actions/how-tos/deploy/configure-and-manage-deployments/control-deployments
    """
    run = number(payload, "workflow_run", "id")
    if run is None or text(payload, "deployment", "creator", "login") == ACTIONS:
        return
    name = text(payload, "workflow_run", "name") or str(run)
    raise NotHandled(f"{KEPT} a job of the workflow “{name}” at GitHub does that itself.")


def _confirmed(repository: Repository, told: Creation) -> tuple[Creation, str]:
    """Return what GitHub itself says of it; or what is told, with why GitHub cannot be asked."""
    try:
        answer = confirming.ask(repository, told.remote_id)
    except RepositoryAway:
        raise  # it is asked again later
    except DeploymentError as error:
        return told, str(error)
    if answer is None:
        raise Refuted(f"{REFUSED} {confirming.unknown(repository, told)}")
    true = _read(repository, answer)
    if against := confirming.denied(told, true):
        raise Refuted(f"{REFUSED} {against}")
    return true, ""


def _read(repository: Repository, told: Payload) -> Creation:
    """Return what is told, by a delivery or by GitHub's API; raises NotHandled with what lacks."""
    given = wishes.payload(told.get("payload"))
    ours = marker.is_ours(given)
    if ours is not None:
        raise NotHandled(f"{KEPT} it is #{ours}, which Shipmate itself made known to GitHub.")
    if marker.is_anothers(given):
        raise NotHandled(f"{KEPT} another Shipmate performs it, and made it known to GitHub.")
    remote_id, uid = number(told, "id"), number(told, "creator", "id")
    sha, login = text(told, "sha").lower(), text(told, "creator", "login", longest=100)
    if remote_id is None or not SHA.fullmatch(sha):
        raise NotHandled(f"{KEPT} it has no number, or no whole commit.")
    if uid is None or not login:
        raise NotHandled(f"{KEPT} GitHub does not say who created it.")
    environment = text(told, "environment") or clean(str(given.get("environment") or ""))
    return Creation(
        remote_id=remote_id,
        sha=sha,
        ref=text(told, "ref", longest=255),
        task=text(told, "task", longest=63) or RELEASE,
        environment=environment or PRODUCTION,
        description=text(told, "description", longest=400),
        payload=given,
        base_url=webhooks.api_of(repository, text(told, "url", longest=500)),
        uid=uid,
        login=login,
        created_at=moment(told, "created_at"),
    )
