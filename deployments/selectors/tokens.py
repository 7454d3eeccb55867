"""Keys for scripts, as lists show them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from deployments import rights
from deployments.exceptions import NotFound
from deployments.models import ApiToken, Application, Person

MOST = 500


@dataclass(frozen=True)
class Key:
    """A token, and the apps that it is bound to by their names."""

    token: ApiToken
    applications: list[str]  # empty: all of them


def own(person: Person) -> list[Key]:
    """Return the person's tokens, newest first."""
    return _keys(ApiToken.objects.filter(person=person).order_by("-pk")[:MOST])


def others(person: Person) -> list[Key]:
    """Return everybody else's tokens that can be used, for those who may end them."""
    if not rights.may(person, "administer"):
        return []
    rows = ApiToken.objects.exclude(person=person).filter(revoked_at=None)
    return _keys(rows.select_related("person").order_by("person__username", "-pk")[:MOST])


def token_for(person: Person, number: int) -> ApiToken:
    """Return a token of one's own, or anybody's to an administrator."""
    rows = ApiToken.objects.select_related("person")
    if not rights.may(person, "administer"):
        rows = rows.filter(person=person)
    found = rows.filter(pk=number).first()
    if found is None:
        raise NotFound("There is no such token of yours.")
    return found


def named(token: ApiToken) -> Key:
    return _keys([token])[0]


def _keys(rows: Iterable[ApiToken]) -> list[Key]:
    """Name the apps of all tokens with one query."""
    tokens = list(rows)
    bound = {number for token in tokens for number in token.applications}
    names = dict(Application.objects.filter(pk__in=bound).values_list("pk", "name"))
    return [
        Key(token, [names.get(pk, "a removed app") for pk in token.applications])
        for token in tokens
    ]
