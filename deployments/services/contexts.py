"""Ask for a deployment that certain checks must have passed for, as GitHub's callers name them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Unpack

from deployments.exceptions import DeploymentError, Refused, RepositoryAway
from deployments.forges.contract import Resolved
from deployments.models import CommitStatus, Deployment, Environment
from deployments.selectors import checks, code, merges
from deployments.services import checks as heard
from deployments.services import lifecycle
from deployments.services.lifecycle import Door
from deployments.services.looking import More, Wish, look


class Unmet(Refused):
    """Checks that the caller named have not passed; maybe other things are in the way too."""

    def __init__(
        self, reasons: Sequence[str], described: dict[str, Any], other: Refused | None
    ) -> None:
        lines, obstacles = (other.lines, other.obstacles) if other else ((), ())
        super().__init__(reasons, lines, obstacles)
        self.described = described  # as GitHub lists them


def request(
    environment: Environment, ref: str, door: Door, contexts: Sequence[str], **more: Unpack[More]
) -> Deployment:
    """Ask for it if these checks of its commit have passed, beside those the environment asks for.

    What was looked at is what is deployed: a ref that moves meanwhile is refused.
    """
    is_known = lifecycle.find_by_key(door) is not None
    found = _resolved(environment, ref) if contexts and not is_known else None
    if found is None:
        return lifecycle.request(environment, ref, door, **more)
    if _merges(environment, found, Wish(ref, **more)):
        pinned: More = {**more, "expected_sha": found.sha, "named": contexts}
        return lifecycle.request(environment, ref, door, **pinned)
    _hear(environment, found.sha)
    said = {
        one.context: one
        for one in checks.statuses(environment.application.repository, found.sha)
        if one.context in contexts
    }
    missed = [name for name in contexts if not _has_passed(said.get(name))]
    if not missed:
        asked: More = {**more, "expected_sha": found.sha}
        return lifecycle.request(environment, ref, door, **asked)
    told = ", ".join(checks.words(name, said.get(name)) for name in missed)
    reason = f"{told} on {found.sha[:7]}. Ask again when this has passed."
    other = _other(environment, ref, door, more)
    raise Unmet([*(other.reasons if other else ()), reason], _described(contexts, said), other)


def _resolved(environment: Environment, ref: str) -> Resolved | None:
    """Return the commit; what means none is refused by the request itself."""
    try:
        return code.resolve(environment.application, ref)
    except RepositoryAway as error:
        raise Refused([f"{error} Whether its checks have passed cannot be told."]) from error
    except DeploymentError:
        return None


def _hear(environment: Environment, sha: str) -> None:
    """Ask the forge what they say now: where no webhook tells, nothing else has."""
    try:
        heard.ask(environment.application, sha)
    except DeploymentError as error:
        raise Refused([f"{error} Whether its checks have passed cannot be told."]) from error


def _merges(environment: Environment, found: Resolved, wish: Wish) -> bool:
    """Return whether something is merged first: these checks then are those of the merge commit."""
    try:
        return wish.merges and merges.coming(environment.application, found) is not None
    except DeploymentError:
        return False  # the request itself is told why


def _other(environment: Environment, ref: str, door: Door, more: More) -> Refused | None:
    """Return what else is in the way."""
    try:
        look(environment, door.person, Wish(ref, **more))
    except Refused as error:
        return error
    return None


def _has_passed(status: CommitStatus | None) -> bool:
    return status is not None and status.state == CommitStatus.State.SUCCESS


def _described(contexts: Sequence[str], said: dict[str, CommitStatus]) -> dict[str, Any]:
    """Return the checks as https://docs.github.com/en/rest/deployments/deployments lists them."""
    each = [{"context": name, "state": said[name].state} for name in contexts if name in said]
    return {
        "resource": "Deployment",
        "field": "required_contexts",
        "code": "invalid",
        "contexts": each,
    }
