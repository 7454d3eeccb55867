"""A GitHub App has one webhook of its own, with one secret, for all that it is installed on."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings

from deployments.models import Repository
from deployments.selectors import webhooks
from deployments.services import webhooks as making
from deployments.webhooks.github import about, signature
from deployments.webhooks.github.payload import Payload, at, clean, number, text

LISTS = ("repositories", "repositories_added", "repositories_removed")


def is_signed(raw: bytes, given: str) -> bool:
    """Return whether the App has signed it."""
    secret = settings.SHIPMATE_GITHUB_APP_WEBHOOK_SECRET
    is_set = bool(secret and settings.SHIPMATE_GITHUB_APP)
    return is_set and signature.is_right(secret, raw, given)


def covered(payload: Payload) -> list[Repository]:
    """Return the repositories that it is about, of those that are read with the App.

    By the name in their address, which the App has opened; where none has it, by the number that
    the App has told of that address before: a repository that was renamed keeps it. What a webhook
    is called here, or which number that has learnt, is the word of who keeps it, and counts for
    nothing.
    """
    read, named = webhooks.of_app(), _named(payload)
    if not named:
        owner = text(payload, "installation", "account", "login").lower()
        return [each for each in read if owner and _name(each).partition("/")[0] == owner]
    found = {each.pk for one in named for each in _meant(one, read)}
    return [each for each in read if each.pk in found]


def learn_numbers(payload: Payload, repositories: list[Repository]) -> None:
    """Keep the number by which GitHub knows the repository that has its name in its address."""
    for one in _named(payload):
        for each in repositories:
            if one.number and _name(each) in one.names and each.forge_id != one.number:
                making.learn_number(each, one.number)


@dataclass(frozen=True)
class _Named:
    """A repository as a body names it: all that it is called, and its number."""

    names: frozenset[str]
    number: int | None


def _meant(one: _Named, read: list[Repository]) -> list[Repository]:
    called = [each for each in read if _name(each) in one.names]
    return called or [each for each in read if one.number and each.forge_id == one.number]


def _name(repository: Repository) -> str:
    return webhooks.name_in(repository.location).lower()


def _named(payload: Payload) -> list[_Named]:
    """Return the repositories that it names; none: it is about the whole installation."""
    if isinstance(at(payload, "repository"), dict):
        known = number(payload, "repository", "id")
        return [_Named(frozenset(about.names(payload)), known)]
    listed = [each for key in LISTS if isinstance(each := at(payload, key), list)]
    return [
        _Named(frozenset({clean(one["full_name"]).lower()}), number(one, "id"))
        for each in listed
        for one in each
        if isinstance(one, dict) and isinstance(one.get("full_name"), str)
    ]
