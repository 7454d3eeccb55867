"""Open pull requests: https://docs.github.com/en/rest/pulls/pulls#list-pull-requests"""

from __future__ import annotations

from typing import Any

from deployments.forges.contract import Pull
from deployments.forges.github import client
from deployments.forges.github.client import Caller, Query
from deployments.forges.text import plain

MOST = 100  # one request: those that changed last


def pulls(caller: Caller) -> tuple[Pull, ...]:
    """Return the open ones that changed last; unchanged since, they cost no request."""
    query: Query = {"state": "open", "sort": "updated", "direction": "desc", "per_page": MOST}
    found = client.get(caller, f"{caller.place.url}/pulls", query)
    return tuple(pull for said in found if (pull := of(said)) is not None)


def of(said: object) -> Pull | None:
    """Return a pull request as the API and the event `pull_request` have it; None: it is none."""
    number, at = _at(said, "number"), client.moment(_at(said, "updated_at"))
    if type(number) is not int or not 0 < number < 2**31 or at is None:
        return None
    title, author = _text(said, "title"), _text(said, "user", "login")
    is_open = _at(said, "state") != "closed"
    return Pull(number, title, author, _text(said, "head", "sha"), is_open, at)


def _at(said: object, *path: str) -> Any:
    for name in path:
        said = said.get(name) if isinstance(said, dict) else None
    return said


def _text(said: object, *path: str) -> str:
    found = _at(said, *path)
    return plain(found.encode(errors="replace")) if isinstance(found, str) else ""
