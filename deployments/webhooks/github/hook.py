"""What GitHub tells of the webhook itself, and of the repository."""

from __future__ import annotations

from deployments.models import Repository
from deployments.selectors import webhooks as reading
from deployments.services import webhooks
from deployments.webhooks.github.payload import NotHandled, Payload, at, clean, number, text


def ping(_: Repository, payload: Payload) -> str:
    """Say that it works, and which events GitHub sends."""
    told = at(payload, "hook", "events")
    listed = told[:50] if isinstance(told, list) else []
    events = [clean(one, 50) for one in listed if isinstance(one, str)]
    if not events:
        return "The webhook works."
    sends = "every event" if "*" in events else ", ".join(events)
    return f"The webhook works. GitHub sends {sends}."


def repository(repository: Repository, payload: Payload) -> str:
    """Keep the new name of a repository that was renamed."""
    action = text(payload, "action")
    name = text(payload, "repository", "full_name")
    webhook = reading.of(repository)
    if action not in ("renamed", "transferred") or not name or webhook is None:
        what = f"is {action}" if action else "is told of"
        raise NotHandled(f"Kept; nothing here does anything when a repository {what}.")
    webhooks.rename(webhook, name)
    return _called(name)


def follow(repository: Repository, payload: Payload) -> str:
    """Keep a new name of which nothing was told when it got it; say so."""
    name = text(payload, "repository", "full_name")
    webhook, known = reading.of(repository), number(payload, "repository", "id")
    if webhook is None or known is None or known != webhook.forge_id:
        return ""
    set_here = reading.name_in(repository.location).lower()
    if webhook.full_name.lower() != set_here or name.lower() in ("", set_here):
        return ""  # it is told of already: what comes late may bear an older name
    webhooks.rename(webhook, name)
    return _called(name)


def _called(name: str) -> str:
    return (
        f"GitHub calls the repository {name} now. Shipmate follows no address on to another one: "
        "set the new one in the settings of each app, under Repository."
    )
