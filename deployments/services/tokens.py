"""Keys for scripts: made once, kept as a hash, allowed less than their person and never more."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection, Sequence
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from deployments import changes, rights
from deployments.exceptions import Invalid, NotAllowed
from deployments.models import ApiToken, Application, Person

LONGEST_NAME = 80
LONGEST_LIFE = 3_650  # days
NEEDS_APPS = "A token that may stand in an address is for certain apps: choose them."
EVERY_SCOPE = tuple(str(scope) for scope in ApiToken.Scope.values)


def make(
    person: Person,
    name: str,
    *,
    by: Person,
    scopes: Collection[str] = EVERY_SCOPE,
    applications: Sequence[Application] = (),
    days: int | None = None,
    in_addresses: bool = False,
) -> tuple[ApiToken, str]:
    """Return a new token and its text, which is never to be had again.

    It may what its scopes name, in these apps (none: in all), for so many days (None: for ever).
    `in_addresses`: old programs may send it as ?access_token= too; it is for certain apps then.
    """
    _require(person, by)
    _check(name, scopes, days)
    _check_addresses(applications, in_addresses=in_addresses)
    text = f"ship_{secrets.token_urlsafe(32)}"
    with transaction.atomic():
        token = ApiToken.objects.create(
            person=person,
            name=name.strip(),
            start=text[:10],
            digest=digest(text),
            scopes=[scope for scope in EVERY_SCOPE if scope in scopes],
            applications=[app.pk for app in applications],
            in_addresses=in_addresses,
            expires_at=timezone.now() + timedelta(days=days) if days else None,
        )
        _record("token.made", token, by, new=_words(token, applications))
    return token, text


def revoke(token: ApiToken, *, by: Person) -> None:
    """End a token. Whoever has one may end it, whatever their role is now."""
    if by != token.person:
        rights.require(by, "administer")
    with transaction.atomic():
        ended = ApiToken.objects.filter(pk=token.pk, revoked_at=None)
        if ended.update(revoked_at=timezone.now()):
            _record("token.revoked", token, by)


def refusal(person: Person) -> str:
    """Say why the person may have no tokens; empty: they may."""
    if rights.may_somewhere(person, "deploy"):
        return ""
    return (
        f"{person} may not make tokens: it takes a deployer of something. "
        f"Ask {rights.who_may('administer')}."
    )


def find(text: str) -> ApiToken | None:
    """Return the token with this text, if it and its person are of use still."""
    token = _known(text)
    if token is None or token.ended or not token.person.is_active:
        return None
    _note_use(token)
    return token


def why_not(text: str) -> str:
    """Say to whoever holds this text why it lets nobody in."""
    token = _known(text)
    return "This token is not known." if token is None else _why_ended(token)


def why_no_more(token: ApiToken) -> str:
    """Say why a token that let somebody in lets nobody in now; empty: it does."""
    now = ApiToken.objects.select_related("person").get(pk=token.pk)
    return "" if now.person.is_active and not now.ended else _why_ended(now)


def _why_ended(token: ApiToken) -> str:
    if token.ended:
        return f"The token “{token.name}” {token.ended}."
    return f"The account of the token “{token.name}” is switched off."


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _known(text: str) -> ApiToken | None:
    return ApiToken.objects.select_related("person").filter(digest=digest(text)).first()


def _require(person: Person, by: Person) -> None:
    """Let people make their own tokens, and administrators everybody's."""
    if by != person:
        rights.require(by, "administer")
    elif refusal(person):
        raise NotAllowed(refusal(person))


def _check(name: str, scopes: Collection[str], days: int | None) -> None:
    if not 1 <= len(name.strip()) <= LONGEST_NAME:
        raise Invalid(f"A token has a name of 1 to {LONGEST_NAME} characters: what uses it?")
    wrong = [scope for scope in scopes if scope not in EVERY_SCOPE]
    if wrong or not scopes:
        said = (
            f"There is no scope “{wrong[0]}”." if wrong else "A token without a scope is of no use."
        )
        raise Invalid(f"{said} There is: {', '.join(EVERY_SCOPE)}.")
    if days is not None and not 1 <= days <= LONGEST_LIFE:
        raise Invalid(f"A token lasts 1 to {LONGEST_LIFE} days.")


def _check_addresses(applications: Sequence[Application], *, in_addresses: bool) -> None:
    """What stands in addresses is read by more than one: let it reach no further than it must."""
    if in_addresses and not applications:
        raise Invalid(NEEDS_APPS)


def _words(token: ApiToken, applications: Sequence[Application]) -> str:
    """Say what a token may, for the table that remembers."""
    where = f" in {', '.join(app.name for app in applications)}" if applications else ""
    until = f", until {token.expires_at:%Y-%m-%d}" if token.expires_at else ""
    how = ", also in addresses" if token.in_addresses else ""
    return f"{', '.join(token.scopes)}{where}{until}{how}"


def _record(verb: str, token: ApiToken, by: Person, new: str = "") -> None:
    about = str(token) if by == token.person else f"{token} of {token.person.username}"
    changes.record(verb, person=by, via="web", subject=about, new=new)


def _note_use(token: ApiToken) -> None:
    """Keep the last use, to the minute: a busy script does not write at each call."""
    now = timezone.now()
    if token.used_at is None or now - token.used_at > timedelta(minutes=1):
        ApiToken.objects.filter(pk=token.pk).update(used_at=now)
