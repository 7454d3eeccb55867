"""A deployment was created at GitHub: it is performed here, as if it had been asked for here."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial

from deployments.forges.github import marker, wishes
from deployments.models import Repository
from deployments.providers.contract import RELEASE
from deployments.selectors import webhooks
from deployments.services import creations
from deployments.services.creations import Creation
from deployments.webhooks.github.payload import NotHandled, Payload, at, clean, moment, number, text

SHA = re.compile(r"[0-9a-f]{40}", re.A)
KEPT = "Kept; nothing is deployed:"
PRODUCTION = "production"  # GitHub's own, where none is named


def created(repository: Repository, payload: Payload) -> Callable[[], str]:
    """Look at it before the transaction: the forge is asked. Return what is to be done in it."""
    action = text(payload, "action")
    if action not in ("", "created"):  # of old there was no other, and so no word for it
        raise NotHandled(f"{KEPT} it was {action}, not created.")
    creation = _read(repository, payload)
    known = creations.known(repository, creation.remote_id)
    if known is not None:
        raise NotHandled(f"{KEPT} it is #{known.pk} here already.")
    found = creations.look_at(repository, creation)
    return partial(creations.perform, repository, found)


def _read(repository: Repository, payload: Payload) -> Creation:
    """Return what is told; raises NotHandled with what is missing. Of old it stood outside."""
    told = at(payload, "deployment")
    told = told if isinstance(told, dict) else payload
    given = wishes.payload(told.get("payload"))
    ours = marker.is_ours(given)
    if ours is not None:
        raise NotHandled(f"{KEPT} it is #{ours}, which Shipmate itself made known to GitHub.")
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
