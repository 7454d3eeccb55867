"""Who else may vouch for people who sign in, as settings say."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings

from deployments.exceptions import NotFound
from deployments.forges.github import places


@dataclass(frozen=True, slots=True)
class Way:
    """One who vouches. `place`: where its accounts are, which tells those of two apart."""

    key: str  # in addresses
    name: str  # on buttons
    place: str  # the root of GitHub's API, or the issuer
    members: tuple[str, ...]  # who alone may come in, whoever else has an account there
    join: str  # the role of members who are not known here yet; empty: they stay outside


def ways() -> list[Way]:
    """Return those that are set."""
    return [way for way in (_github(), _oidc()) if way is not None]


def way(key: str) -> Way:
    for one in ways():
        if one.key == key:
            return one
    raise NotFound("Nobody signs in here by that. The sign-in page has every way that there is.")


def at(place: str) -> Way | None:
    """Return the way to this place, if it is set still."""
    return next((one for one in ways() if one.place == place), None)


def _github() -> Way | None:
    if not settings.SHIPMATE_GITHUB_CLIENT_ID:
        return None
    place = places.api_of(settings.SHIPMATE_GITHUB_URL)
    members = tuple(settings.SHIPMATE_GITHUB_MEMBERS)
    return Way("github", "GitHub", place, members, settings.SHIPMATE_GITHUB_JOIN)


def _oidc() -> Way | None:
    if not settings.SHIPMATE_OIDC_CLIENT_ID:
        return None
    name, members = settings.SHIPMATE_OIDC_NAME, tuple(settings.SHIPMATE_OIDC_MEMBERS)
    return Way("oidc", name, settings.SHIPMATE_OIDC_ISSUER, members, settings.SHIPMATE_OIDC_JOIN)
