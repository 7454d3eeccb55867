"""The webhook of a repository is installed at GitHub, pinged, and looked at when it is silent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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
from deployments.forges.github.hooks import Hook, Sent
from deployments.models import Application, Person, Webhook
from deployments.selectors import code
from deployments.selectors import webhooks as reading
from deployments.services import webhooks

WHAT_REFUSED = {
    401: "its deliveries are not signed: install it again, which sets the secret",
    403: "its secret is not the one that is known here: install it again",
    404: "nothing takes webhooks at that address: see that SHIPMATE_URL is right",
    413: "a body was larger than SHIPMATE_WEBHOOK_MAX_MB",
    503: "Shipmate, or its database, was not ready at that moment: deliver it again at GitHub",
}


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
    caller = _caller(app)
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


def check(app: Application, person: Person, events: Sequence[str]) -> list[str]:
    """Return what is amiss with it at GitHub, each in a sentence; nothing: it works."""
    rights.require(person, "configure", app)
    caller = _caller(app)
    hook = hooks.find(caller, address())
    if hook is None:
        name = caller.place.full_name
        return [f"{name} has no webhook at GitHub that leads to {address()}. Install it."]
    return [*_amiss(hook, events), *_refused(hooks.deliveries(caller, hook.number))]


def _caller(app: Application) -> Caller:
    access = code.source(app).access
    if not isinstance(access, Token | App):
        raise Invalid(
            f"Shipmate has no credential for {app.repository} at GitHub. Set one in the settings of"
            f" {app}, or set the webhook up by hand."
        )
    return access.caller()


def _amiss(hook: Hook, events: Sequence[str]) -> Iterator[str]:
    if not hook.is_active:
        yield "It is switched off at GitHub. Install it again, which switches it on."
    if hook.content_type not in ("json", "form"):
        yield f"Its content type is {hook.content_type or 'not set'}. Install it again."
    if not hook.is_checked:
        yield "GitHub does not check the certificate of this address. Install it again."
    missing = sorted(set(events) - set(hook.events)) if "*" not in hook.events else []
    if missing:
        yield f"It does not send {', '.join(missing)}. Install it again, which adds them."
    if hook.code is not None and not 200 <= hook.code < 300:
        yield f"GitHub's last delivery did not arrive: {_why(hook.code, hook.said)}."


def _refused(sent: Sequence[Sent]) -> Iterator[str]:
    """Tell of the newest of each kind that was not taken, unless one was taken since."""
    seen = set[str]()
    for one in sent:
        if one.event not in seen and not one.is_taken:
            yield f"{one.event} at {one.at} was not taken: {_why(one.code, one.said)}."
        seen.add(one.event)


def _why(code: int, said: str) -> str:
    if code in WHAT_REFUSED:
        return f"the answer was {code}, so {WHAT_REFUSED[code]}"
    if code == 0 or code >= 502:
        return f"{said or 'no connection'}: GitHub cannot reach {address()} from where it is"
    return f"the answer was {code} ({said})"
