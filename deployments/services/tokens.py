"""Keys for scripts: made once, kept as a hash."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from deployments import changes, rights
from deployments.exceptions import Invalid, NotAllowed
from deployments.models import ApiToken, Person

LONGEST_NAME = 80


def make(person: Person, name: str, *, by: Person) -> tuple[ApiToken, str]:
    """Return a new token and its text, which is never to be had again."""
    _require(person, by)
    if not 1 <= len(name.strip()) <= LONGEST_NAME:
        raise Invalid(f"A token has a name of 1 to {LONGEST_NAME} characters: what uses it?")
    text = f"ship_{secrets.token_urlsafe(32)}"
    with transaction.atomic():
        token = ApiToken.objects.create(
            person=person, name=name, start=text[:10], digest=digest(text)
        )
        changes.record("token.made", person=by, via="web", subject=str(token))
    return token, text


def revoke(token: ApiToken, *, by: Person) -> None:
    """End a token. Whoever has one may end it, whatever their role is now."""
    if by != token.person:
        rights.require(by, "administer")
    with transaction.atomic():
        changes.record("token.revoked", person=by, via="web", subject=str(token))
        token.delete()


def refusal(person: Person) -> str:
    """Say why the person may have no tokens; empty: they may."""
    if rights.may_somewhere(person, "deploy"):
        return ""
    return (
        f"{person} may not make tokens: it takes a deployer of something. "
        f"Ask {rights.who_may('administer')}."
    )


def find(text: str) -> ApiToken | None:
    """Return the token with this text, if its person may still sign in."""
    token = ApiToken.objects.select_related("person").filter(digest=digest(text)).first()
    if token is None or not token.person.is_active:
        return None
    _note_use(token)
    return token


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _require(person: Person, by: Person) -> None:
    """Let people make their own tokens, and administrators everybody's."""
    if by != person:
        rights.require(by, "administer")
    elif refusal(person):
        raise NotAllowed(refusal(person))


def _note_use(token: ApiToken) -> None:
    """Keep the last use, to the minute: a busy script does not write at each call."""
    now = timezone.now()
    if token.used_at is None or now - token.used_at > timedelta(minutes=1):
        ApiToken.objects.filter(pk=token.pk).update(used_at=now)
