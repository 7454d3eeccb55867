"""A GitHub App has one webhook of its own, with one secret, for all that it is installed on."""

from __future__ import annotations

from django.conf import settings

from deployments.models import Repository
from deployments.selectors import webhooks
from deployments.webhooks.github import about, signature
from deployments.webhooks.github.payload import Payload, at, clean, text

LISTS = ("repositories", "repositories_added", "repositories_removed")


def is_signed(raw: bytes, given: str) -> bool:
    """Return whether the App has signed it."""
    secret = settings.SHIPMATE_GITHUB_APP_WEBHOOK_SECRET
    is_set = bool(secret and settings.SHIPMATE_GITHUB_APP)
    return is_set and signature.is_right(secret, raw, given)


def covered(payload: Payload) -> list[Repository]:
    """Return the repositories that it is about, of those that are read with the App.

    By the name in their address alone, which the App has opened: what a webhook is called here,
    or which number it has learnt, is the word of who keeps it.
    """
    named = _names(payload)
    owner = text(payload, "installation", "account", "login").lower()
    return [each for each in webhooks.of_app() if _is_meant(each, named, owner)]


def _is_meant(repository: Repository, named: set[str], owner: str) -> bool:
    name = webhooks.name_in(repository.location).lower()
    return name in named if named else bool(owner) and name.partition("/")[0] == owner


def _names(payload: Payload) -> set[str]:
    """Return the repositories that it names; none: it is about the whole installation."""
    if isinstance(at(payload, "repository"), dict):
        return about.names(payload)
    listed = [each for key in LISTS if isinstance(each := at(payload, key), list)]
    return {
        clean(one["full_name"]).lower()
        for each in listed
        for one in each
        if isinstance(one, dict) and isinstance(one.get("full_name"), str)
    }
