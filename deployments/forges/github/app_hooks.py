"""The one webhook of a GitHub App, and what the App may see: https://docs.github.com/rest/apps ."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from deployments.forges.github import client
from deployments.forges.github.access import App
from deployments.forges.github.client import Caller
from deployments.forges.github.hooks import RECENT, Sent, sent

LEVELS = ("", "read", "write", "admin")
# What Shipmate asks and tells, and the events that come of it.
WANTED = {
    "actions": "read",
    "checks": "read",
    "contents": "read",
    "deployments": "write",
    "metadata": "read",
    "pull_requests": "read",
    "statuses": "read",
}


@dataclass(frozen=True, slots=True)
class Installation:
    """What the App may see where it is installed: its owner may not have accepted all of it."""

    permissions: Mapping[str, str]
    is_suspended: bool


@dataclass(frozen=True, slots=True)
class AppHook:
    """The App, its webhook and what came of its newest deliveries. `url` empty: it has none."""

    name: str
    events: tuple[str, ...]
    permissions: Mapping[str, str]
    url: str
    content_type: str
    is_signed: bool
    is_checked: bool  # the certificate of this address
    sent: tuple[Sent, ...]
    installation: Installation | None  # None: the repository shows the App no installation


def look(access: App) -> AppHook:
    """Ask GitHub as the App itself. Raises ForgeError where it does not take its key."""
    asking = access.itself()
    root = asking.place.api
    told = client.get(asking, f"{root}/app")
    config = _shown(asking, f"{root}/app/hook/config") or {}
    url = str(config.get("url") or "")
    return AppHook(
        name=str(told["name"]),
        events=tuple(told["events"]),
        permissions=dict(told["permissions"]),
        url=url,
        content_type=str(config.get("content_type") or ""),
        is_signed=bool(config.get("secret")),
        is_checked=str(config.get("insecure_ssl", "0")) == "0",
        sent=tuple(_sent(asking)) if url else (),
        installation=_installation(asking),
    )


def lacking(has: Mapping[str, str]) -> list[str]:
    """Return the permissions that are wanted and not there, in GitHub's words."""
    return [
        f"{name.replace('_', ' ').capitalize()}: {level}"
        for name, level in WANTED.items()
        if LEVELS.index(level) > _level(has.get(name, ""))
    ]


def _level(said: str) -> int:
    return LEVELS.index(said) if said in LEVELS else 0


def _shown(asking: Caller, url: str) -> dict[str, Any] | None:
    """Return what GitHub shows there; None: there is none. Other refusals are raised."""
    reply = client.look(asking, url)
    if reply.status == 404 and client.is_answer(reply):
        return None
    if reply.status != 200:
        raise client.refusal(asking.place, reply)
    return cast(dict[str, Any], client.read(reply))


def _sent(asking: Caller) -> list[Sent]:
    url = f"{asking.place.api}/app/hook/deliveries"
    return sent(client.get(asking, url, {"per_page": RECENT}))


def _installation(asking: Caller) -> Installation | None:
    found = _shown(asking, f"{asking.place.url}/installation")
    if found is None:
        return None
    return Installation(dict(found["permissions"]), bool(found.get("suspended_at")))
