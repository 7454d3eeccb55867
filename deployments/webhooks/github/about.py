"""Which repository a body is about: a webhook's secret covers none but its own."""

from __future__ import annotations

from deployments.models import Webhook
from deployments.webhooks.github.payload import Payload, at, number, text

OWNERS = ("user", "organization")  # that a repository may be transferred from


def is_covered(webhook: Webhook, payload: Payload | None) -> bool:
    """Return whether the body is about the webhook's repository, or about none that it names.

    By its name, or by its number: that stays when it is renamed.
    """
    if payload is None or not isinstance(at(payload, "repository"), dict):
        return True
    known = number(payload, "repository", "id")
    if known is not None and known == webhook.forge_id:
        return True
    called = names(payload)
    return webhook.full_name.lower() in called or (known is None and not called)


def names(payload: Payload) -> set[str]:
    """Return what the repository is called, and was until a moment ago."""
    name = text(payload, "repository", "full_name") or _of_old(payload)
    owner, _, bare = name.partition("/")
    renamed = text(payload, "changes", "repository", "name", "from")
    moved = [text(payload, "changes", "owner", "from", kind, "login") for kind in OWNERS]
    owner, bare = next(filter(None, moved), owner), renamed or bare
    before = f"{owner}/{bare}" if owner and bare else ""
    return {each.lower() for each in (name, before) if each}


def _of_old(payload: Payload) -> str:
    """Return owner/name as pushes had it before they had a full name."""
    owner = text(payload, "repository", "owner", "name")
    owner = owner or text(payload, "repository", "owner", "login")
    name = text(payload, "repository", "name")
    return f"{owner}/{name}" if owner and name else name
