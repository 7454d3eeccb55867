"""Which event does what. Each is a plain function that returns what came of it, in words."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial

from deployments.models import Delivery, Repository
from deployments.services import deliveries
from deployments.webhooks.github import checks, code, deployments, hook, installation, statuses
from deployments.webhooks.github.payload import NotHandled, Payload, parsed

EVENTS: dict[str, Callable[[Repository, Payload], str]] = {
    "ping": hook.ping,
    "push": code.push,
    "create": code.create,
    "delete": code.delete,
    "pull_request": code.pull_request,
    "deployment_status": statuses.deployment_status,
    "installation": installation.installation,
    "installation_repositories": installation.installation_repositories,
    "status": checks.status,
    "check_run": checks.check_run,
    "check_suite": checks.check_suite,
    "workflow_run": checks.workflow_run,
    "repository": hook.repository,
}
# These ask the forge first, before the transaction, and return what is to be done in it. They get
# the moment by which the age of what is told is judged, too.
ASKING: dict[str, Callable[[Repository, Payload, datetime], Callable[[], str]]] = {
    "deployment": deployments.created,
}
# What a repository's webhook is asked to send; the rest comes by itself, or from an App's.
WANTED = sorted({*EVENTS, *ASKING} - {"ping", "installation", "installation_repositories"})
KEPT = "Kept; nothing here does anything with it."


def read(delivery: Delivery) -> Callable[[], str]:
    """Return what is to be done, which returns what came of it. Raises NotHandled with the reason.

    What is to be done may raise it too.
    """
    if delivery.event not in EVENTS and delivery.event not in ASKING:
        what = f"“{delivery.event}”" if delivery.event else "an event without a name"
        raise NotHandled(f"{KEPT} Shipmate has no use for {what}.")
    payload = parsed(bytes(delivery.body), str(delivery.headers.get("Content-Type", "")))
    if payload is None:
        raise NotHandled(f"{KEPT} Its body is no JSON object, nor a form with one in “payload”.")
    _refuse_repetition(delivery)
    if delivery.event in ASKING:
        looked_at = deliveries.looked_at(delivery)
        return ASKING[delivery.event](delivery.repository, payload, looked_at)
    return partial(_do, delivery, payload)


def _do(delivery: Delivery, payload: Payload) -> str:
    said = EVENTS[delivery.event](delivery.repository, payload)
    renamed = hook.follow(delivery.repository, payload)
    return f"{said} {renamed}".rstrip()


def _refuse_repetition(delivery: Delivery) -> None:
    """Do nothing over a body that came before by another id, unless somebody asks for it."""
    if delivery.event == "ping" or delivery.again:  # pings say the same each time
        return
    before = deliveries.came_before(delivery)
    if before is not None:
        raise NotHandled(f"{KEPT} The very same body came before, as {before.guid}.")
