"""Connections to chats outside: made, changed and taken away by administrators."""

from __future__ import annotations

import secrets

from django.core.exceptions import ValidationError
from django.db import transaction

from bots.models import ChatConnection, ChatRoom
from deployments import changes, rights, vault
from deployments.exceptions import Invalid
from deployments.models import Person
from deployments.services import ledger

CEILINGS = ("viewer", "deployer", "maintainer")  # nobody administers through a relay


def make(name: str, url: str, ceiling: str, by: Person) -> tuple[ChatConnection, str]:
    """Make a connection; its secret is shown once, to who made it."""
    rights.require(by, "administer")
    secret = secrets.token_urlsafe(32)
    made = ChatConnection(platform="http", name=name, secret_encrypted=vault.encrypt(secret))
    _set(made, url, ceiling)
    with transaction.atomic():
        made.save()
        _record("connection.added", made, by, new=f"{url or 'no address'}, up to {ceiling}")
    return made, secret


def change(connection: ChatConnection, url: str, ceiling: str, by: Person) -> None:
    """Send elsewhere, or let its people do more or less."""
    rights.require(by, "administer")
    with transaction.atomic():
        kept = ChatConnection.objects.select_for_update().get(pk=connection.pk)
        before = {"url": kept.url, "ceiling": kept.ceiling}
        _set(kept, url, ceiling)
        kept.save(update_fields=["url", "ceiling"])
        after = {"url": kept.url, "ceiling": kept.ceiling}
        ledger.record_differences("connection.changed", before, after, by, about=kept.name)


def renew_secret(connection: ChatConnection, by: Person) -> str:
    """Make another secret; from now on nothing that is signed with the old one is heard."""
    rights.require(by, "administer")
    secret = secrets.token_urlsafe(32)
    with transaction.atomic():
        rows = ChatConnection.objects.filter(pk=connection.pk)
        rows.update(secret_encrypted=vault.encrypt(secret))
        _record("connection.secret", connection, by)
    return secret


def allow_signs(room: ChatRoom, allowed: bool, by: Person) -> None:
    """Let a line begin with “.” or “!” there, in place of the bot's name, or no longer."""
    rights.require(by, "administer")
    with transaction.atomic():
        ChatRoom.objects.filter(pk=room.pk).update(signs=allowed)
        said = "hears “.” and “!”" if allowed else "hears its name alone"
        if room.connection is not None:
            _record("room.signs", room.connection, by, new=f"{room.name} {said}"[:200])


def remove(connection: ChatConnection, by: Person) -> None:
    """Take it away, with its accounts, its rooms and what waits to be said there."""
    rights.require(by, "administer")
    with transaction.atomic():
        _record("connection.removed", connection, by)
        ChatRoom.objects.filter(connection=connection).delete()
        connection.delete()


def _set(connection: ChatConnection, url: str, ceiling: str) -> None:
    if ceiling not in CEILINGS:
        raise Invalid(f"“{ceiling}” is no ceiling; choose one of {', '.join(CEILINGS)}.")
    connection.url, connection.ceiling = url, ceiling
    try:
        connection.full_clean(exclude=["secret_encrypted", "seen_at"])
    except ValidationError as error:
        raise Invalid(ledger.sentence(error)) from None


def _record(verb: str, connection: ChatConnection, by: Person, new: str = "") -> None:
    changes.record(
        verb, person=by, via="web", topic="connections", subject=connection.name, new=new
    )
