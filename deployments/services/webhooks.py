"""Webhooks of repositories: made, given another secret and taken away by who keeps an app of it."""

from __future__ import annotations

import secrets
from datetime import timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone

from deployments import changes, rights, vault
from deployments.exceptions import Invalid, NotAllowed
from deployments.models import Application, ForgeAccess, Person, Repository, Webhook
from deployments.selectors.webhooks import FULL_NAME, name_in

CONTACT = timedelta(minutes=1)


def make(application: Application, person: Person, full_name: str = "") -> tuple[Webhook, str]:
    """Let GitHub tell of the application's repository; return the secret, this once."""
    _require_all(application, person)
    name = full_name.strip() or name_in(application.repository.location)
    if not FULL_NAME.fullmatch(name):
        raise Invalid("Say what GitHub calls the repository, as owner/name, such as acme/web.")
    secret = secrets.token_urlsafe(32)
    try:
        with transaction.atomic():
            webhook = Webhook.objects.create(
                repository=application.repository,
                full_name=name,
                secret_encrypted=vault.encrypt(secret),
            )
            _record("webhook.added", webhook, application, person)
    except IntegrityError:
        raise Invalid(f"{application.repository} has a webhook already.") from None
    return webhook, secret


def of_app(repository: Repository) -> Webhook:
    """Return the repository's webhook, also where it has none but its App's.

    Nobody gets the secret of such a one: what the App tells is signed with the App's.
    """
    if (found := Webhook.objects.filter(repository=repository).first()) is not None:
        return found
    with transaction.atomic():
        secret = vault.encrypt(secrets.token_urlsafe(32))
        given = {"full_name": name_in(repository.location), "secret_encrypted": secret}
        webhook, is_new = Webhook.objects.get_or_create(repository=repository, defaults=given)
        if is_new:
            app = repository.applications.order_by("name").first()
            name = webhook.full_name
            changes.record("webhook.added", via="webhook", application=app, subject=name)
    return webhook


def learn_number(repository: Repository, number: int) -> None:
    """Keep the forge's own number of it, as its App has told of its address."""
    Repository.objects.filter(pk=repository.pk).update(forge_id=number)


def renew_secret(webhook: Webhook, application: Application, person: Person) -> str:
    """Make another secret; from now on nothing that is signed with the old one is taken."""
    _require_all(application, person)
    secret = secrets.token_urlsafe(32)
    with transaction.atomic():
        rows = Webhook.objects.filter(pk=webhook.pk)
        rows.update(secret_encrypted=vault.encrypt(secret))
        _record("webhook.secret", webhook, application, person)
    return secret


def remove(webhook: Webhook, application: Application, person: Person) -> None:
    """Take nothing from GitHub about the repository any more; what was told stays for its time."""
    rights.require(person, "configure", application)
    with transaction.atomic():
        _record("webhook.removed", webhook, application, person)
        webhook.delete()


def note_contact(webhook: Webhook, forge_id: int | None, hook_id: str) -> None:
    """Note that the forge was heard and what it calls this one, though not with each delivery."""
    now = timezone.now()
    learnt = {"forge_id": forge_id or webhook.forge_id, "hook_id": hook_id or webhook.hook_id}
    is_old = webhook.heard_at is None or webhook.heard_at < now - CONTACT
    if is_old or learnt != {"forge_id": webhook.forge_id, "hook_id": webhook.hook_id}:
        Webhook.objects.filter(pk=webhook.pk).update(heard_at=now, **learnt)


def note_access(webhook: Webhook, lost: str) -> None:
    """Keep why the forge lets nobody see the repository any more; empty: it does.

    What was not told for want of a right is tried then, and not in an hour.
    """
    lost_at = timezone.now() if lost else None
    Webhook.objects.filter(pk=webhook.pk).update(access_lost=lost or None, access_lost_at=lost_at)
    if not lost:
        ForgeAccess.objects.filter(repository=webhook.repository_id).update(rest_until=None)


def rename(webhook: Webhook, full_name: str) -> None:
    """Keep the name that the forge calls the repository by now."""
    with transaction.atomic():
        old = webhook.full_name
        if Webhook.objects.filter(pk=webhook.pk, full_name=old).update(full_name=full_name):
            changes.record(
                "repository.renamed",
                via="webhook",
                application=webhook.repository.applications.order_by("name").first(),
                subject=str(webhook.repository),
                old=old,
                new=full_name,
            )


def _require_all(application: Application, person: Person) -> None:
    """Refuse who keeps only some of the repository's apps: whoever has the secret can sign words in
    GitHub's name, and what is signed counts for every one of them."""
    rights.require(person, "configure", application)
    roles = rights.roles_of(person)
    others = application.repository.applications.exclude(pk=application.pk)
    if not all(rights.may(person, "configure", app, roles) for app in others):
        raise NotAllowed(
            f"{person} may not have the secret of {application.repository}: it counts for other"
            " apps of the repository too, and takes a maintainer of them all."
            f" Ask {rights.who_may('configure')}."
        )


def _record(verb: str, webhook: Webhook, application: Application, person: Person) -> None:
    changes.record(
        verb, person=person, via="web", application=application, subject=webhook.full_name
    )
