"""Which repository a body is about: a webhook's secret covers none but its own."""

from __future__ import annotations

from deployments.models import Webhook
from deployments.webhooks.github.payload import Payload, at, number, text


def is_covered(webhook: Webhook, payload: Payload | None) -> bool:
    """Return whether the body is about the webhook's repository, or about none at all.

    By its name, or by its number: that stays when it is renamed.
    """
    if payload is None or not isinstance(at(payload, "repository"), dict):
        return True
    known = number(payload, "repository", "id")
    if known is not None and known == webhook.forge_id:
        return True
    return webhook.full_name.lower() in names(payload)


def names(payload: Payload) -> set[str]:
    """Return what the repository is called, and was until a moment ago."""
    name = text(payload, "repository", "full_name").lower()
    before = text(payload, "changes", "repository", "name", "from").lower()
    owner = name.partition("/")[0]
    return {name} | ({f"{owner}/{before}"} if before else set())
