"""The webhook of a repository is installed at GitHub, and pinged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from deployments import changes, rights, vault
from deployments.exceptions import Invalid
from deployments.forges.github import hooks
from deployments.forges.github.access import App, Token
from deployments.forges.github.client import Caller
from deployments.models import Application, Person, Webhook
from deployments.selectors import code
from deployments.selectors import webhooks as reading
from deployments.services import webhooks


@dataclass(frozen=True)
class Installed:
    """What was done at GitHub."""

    webhook: Webhook
    is_new: bool  # there; else one that led here was brought up to date


def address() -> str:
    """Return where GitHub sends to."""
    return f"{settings.SHIPMATE_URL}{reverse('github-webhook')}"


def install(app: Application, person: Person, events: Sequence[str], via: str) -> Installed:
    """Have GitHub tell of the repository, with a secret of its own, and ask it for a ping.

    GitHub gets the secret in that one request; nobody else does.
    """
    rights.require(person, "configure", app)
    caller = caller_of(app)
    name = caller.place.full_name
    webhook = reading.of(app.repository) or webhooks.make(app, person, name)[0]
    secret = vault.decrypt(webhook.secret_encrypted)
    hook, is_new = hooks.install(caller, address(), secret, events)
    with transaction.atomic():
        kept = {"hook_id": str(hook.number), "pinged_at": timezone.now()}
        rows = Webhook.objects.filter(pk=webhook.pk)
        rows.filter(forge_id=None).update(full_name=name)  # of what was heard GitHub's word counts
        rows.update(**kept)
        changes.record(
            "webhook.installed", person=person, via=via, application=app, subject=webhook.full_name
        )
    webhook.refresh_from_db()
    hooks.ping(caller, hook.number)
    return Installed(webhook, is_new)


def caller_of(app: Application) -> Caller:
    return access_of(app).caller()


def access_of(app: Application) -> Token | App:
    """Return what opens the app's repository at GitHub; refuse where nothing does."""
    access = code.source(app).access
    if not isinstance(access, Token | App):
        raise Invalid(
            f"Shipmate has no credential for {app.repository} at GitHub. Set one in the settings of"
            f" {app}, or set the webhook up by hand."
        )
    return access
