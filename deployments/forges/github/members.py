"""Whether somebody is still a member, asked with what opens a repository rather than by them."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from deployments.exceptions import ForgeError, RepositoryAway
from deployments.forges.github import client
from deployments.forges.github.client import Caller


def is_member(caller: Caller, login: str, wanted: Sequence[str]) -> bool:
    """Return whether they are in one of these organisations and teams, such as `acme/ops`.

    Raises ForgeError where GitHub does not tell.
    """
    untold: ForgeError | None = None
    for each in wanted:
        try:
            if _is_in(caller, login, each):
                return True
        except ForgeError as error:  # another may tell, now or when GitHub is well again
            untold = untold if isinstance(untold, RepositoryAway) else error
    if untold is not None:
        raise untold
    return False


def _is_in(caller: Caller, login: str, wanted: str) -> bool:
    organisation, _, team = (quote(part, safe="") for part in wanted.partition("/"))
    inside = f"/teams/{team}" if team else ""
    path = f"/orgs/{organisation}{inside}/memberships/{quote(login, safe='')}"
    said = client.look(caller, f"{caller.place.api}{path}")
    if said.status == 200:
        return bool(client.read(said).get("state") == "active")  # not: invited
    if said.status == 404:
        return False
    if said.status >= 500:
        raise RepositoryAway(f"GitHub cannot answer now ({said.status}).")
    raise ForgeError(
        f"GitHub does not tell this credential who is in {wanted} ({client.message(said)}): give"
        " it “Members: read” of the organisation (a classic token: the scope read:org)."
    )
