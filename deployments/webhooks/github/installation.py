"""Whether the GitHub App may still see the repository, which its settings tell."""

from __future__ import annotations

from deployments.models import Repository
from deployments.selectors import webhooks as reading
from deployments.services import webhooks
from deployments.webhooks.github.payload import NotHandled, Payload, at, clean, text

LOST = {
    "deleted": "was taken away from it",
    "suspend": "was suspended",
    "removed": "may not see it any more",
}
BACK = {
    "created": "was installed on it",
    "unsuspend": "is not suspended any more",
    "added": "may see it now",
    "new_permissions_accepted": "has other rights now",
}


def installation(repository: Repository, payload: Payload) -> str:
    return _told(repository, text(payload, "action"), at(payload, "repositories"))


def installation_repositories(repository: Repository, payload: Payload) -> str:
    action = text(payload, "action")
    return _told(repository, action, at(payload, f"repositories_{action}"))


def _told(repository: Repository, action: str, listed: object) -> str:
    """Keep that its access is lost, or back; a list that names others says nothing of it."""
    webhook = reading.of(repository)
    words = LOST.get(action) or BACK.get(action)
    if webhook is None or words is None:
        raise NotHandled(f"Kept; nothing here does anything with “{action}” of an installation.")
    if isinstance(listed, list) and webhook.full_name.lower() not in _names(listed):
        raise NotHandled(f"Kept; it does not name {webhook.full_name}.")
    said = f"The GitHub App {words}"
    webhooks.note_access(webhook, said if action in LOST else "")
    return f"{said}. The settings of the webhook tell so." if action in LOST else f"{said}."


def _names(listed: list[object]) -> set[str]:
    names = (one.get("full_name") for one in listed if isinstance(one, dict))
    return {clean(name).lower() for name in names if isinstance(name, str)}
