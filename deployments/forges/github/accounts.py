"""Whose token it is, and what they are a member of: asked with the token of who signs in."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from deployments.exceptions import ForgeError, NotAllowed, RepositoryAway
from deployments.forges.github import client
from deployments.outbound import Reply


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody at GitHub. The number stays theirs; the login may be renamed and used by others."""

    uid: int
    login: str
    name: str


def account(api: str, token: str) -> Account:
    """Return whose token it is."""
    said = _ask(api, "/user", token)
    if said.status != 200:
        raise _refused(said)
    found = _read(said)
    uid, login = found.get("id"), found.get("login")
    if type(uid) is not int or not 0 < uid < 2**63 or not isinstance(login, str) or not login:
        raise RepositoryAway("GitHub did not say whose account it is. Try again in a while.")
    name = found.get("name")
    return Account(uid, login[:100], name if isinstance(name, str) else "")


def verified_addresses(api: str, token: str) -> tuple[str, ...] | None:
    """Return their e-mail addresses that GitHub has verified; None where it does not tell."""
    said = _ask(api, "/user/emails?per_page=100", token)
    if said.status != 200:
        return None
    try:
        listed = json.loads(said.body)
        found = [str(each["email"]) for each in listed if each["verified"] is True]
    except (ValueError, LookupError, TypeError):
        return None
    return tuple(found)


def require_member(api: str, token: str, login: str, wanted: Sequence[str]) -> None:
    """Refuse who is in none of these organisations and teams, such as `acme` or `acme/ops`."""
    untold: ForgeError | None = None
    for each in wanted:
        try:
            if _is_member(api, token, login, each):
                return
        except ForgeError as error:  # another may tell
            untold = error
    raise untold or NotAllowed(
        f"{login} is no member of {' or '.join(wanted)} at GitHub, which signing in takes here."
        " Ask an owner of it to add you and accept their invitation, then sign in again; or sign in"
        " with your password, if you have one."
    )


def _is_member(api: str, token: str, login: str, wanted: str) -> bool:
    organisation, _, team = (quote(part, safe="") for part in wanted.partition("/"))
    path = f"/user/memberships/orgs/{organisation}"
    if team:
        path = f"/orgs/{organisation}/teams/{team}/memberships/{quote(login, safe='')}"
    said = _ask(api, path, token)
    if said.status == 200:
        return bool(_read(said).get("state") == "active")  # not: invited
    if said.status == 404:
        return False
    raise _refused(said, wanted)


def _ask(api: str, path: str, token: str) -> Reply:
    return client.once(f"{api}{path}", f"Bearer {token}")


def _refused(said: Reply, wanted: str = "") -> ForgeError:
    if said.status >= 500:
        return RepositoryAway(
            f"GitHub cannot answer now ({said.status}). Try again in a while; nothing was changed."
        )
    if said.status == 403 and wanted:
        return ForgeError(
            f"GitHub does not tell Shipmate who is a member of {wanted}. An owner of it has to"
            " approve Shipmate at GitHub: the organisation's Settings, Third-party Access. With"
            " single sign-on there, sign in to the organisation at GitHub first."
        )
    if said.status in {403, 429}:
        return RepositoryAway("GitHub takes no more questions for now. Try again in an hour.")
    return ForgeError(
        f"GitHub does not say whose account it is ({said.status}). Begin again from the sign-in"
        " page."
    )


def _read(said: Reply) -> dict[str, Any]:
    try:
        found = json.loads(said.body)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise RepositoryAway("GitHub answered something that makes no sense. Try again in a while.")
    return found
