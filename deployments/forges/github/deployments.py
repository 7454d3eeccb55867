"""Deployments at GitHub: made, found again, and told of; each answer by its kind, in a sentence."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from deployments.exceptions import ForgeError
from deployments.forges.github import client, marker
from deployments.forges.github.client import Caller
from deployments.forges.text import plain
from deployments.outbound import Reply

LONGEST = 140  # letters of a description
WORDS = {"failure": "failed", "error": "could not be run", "pending": "has not ended"}
NEXT = (
    "Give the App, or the token, the right “Deployments: write” for it at GitHub (a classic token:"
    " the scope repo_deployment)."
)


@dataclass(frozen=True, slots=True)
class Wish:
    """What GitHub is asked to make a deployment of: https://docs.github.com/rest/deployments.

    `contexts`: the checks that must have passed; none: none, and None: all that were reported.
    """

    ref: str
    environment: str
    task: str = "deploy"
    description: str = ""
    payload: Mapping[str, Any] = field(default_factory=dict)
    auto_merge: bool = False
    contexts: Sequence[str] | None = ()
    transient: bool = False
    production: bool = False


@dataclass(frozen=True, slots=True)
class Status:
    """One word on how a deployment goes. `page` and `address`: its log, and what it put there.

    `environment`: as the deployment is to have it from now on; empty: as it has it.
    """

    state: str
    description: str = ""
    page: str = ""
    address: str = ""
    environment: str = ""
    auto_inactive: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """What GitHub made of a request, in a sentence with what to do next."""

    sentence: str


@dataclass(frozen=True, slots=True)
class Created(Answer):
    """201: there is a deployment of this number."""

    number: int
    sha: str


@dataclass(frozen=True, slots=True)
class MergedInstead(Answer):
    """202: the base branch was merged into the ref, and there is no deployment."""


@dataclass(frozen=True, slots=True)
class MergeConflict(Answer):
    """409: the base branch cannot be merged into the ref by itself."""


@dataclass(frozen=True, slots=True)
class ChecksUnmet(Answer):
    """409: checks of the ref have not passed; `contexts` are those, each with its state."""

    contexts: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class NotLet(Answer):
    """403 and 404: there is no such repository, or the credential may not do that in it."""


@dataclass(frozen=True, slots=True)
class Unusable(Answer):
    """422: GitHub can make nothing of it."""


def create(caller: Caller, wish: Wish, until: float | None = None) -> Answer:
    """Ask GitHub for a deployment. Raises RepositoryAway where nobody knows what came of it.

    `until`: not after this moment of `outbound.clock`. Raises outbound.TooLate.
    """
    values = {
        "ref": wish.ref,
        "task": wish.task,
        "auto_merge": wish.auto_merge,
        "payload": dict(wish.payload),
        "environment": wish.environment,
        "description": short(wish.description),
        "transient_environment": wish.transient,
        "production_environment": wish.production,
    }
    if wish.contexts is not None:
        values["required_contexts"] = list(wish.contexts)
    reply = client.send(caller, _all(caller), values, until=until)
    if reply.status == 201 and client.is_answer(reply):
        made = _object(reply)
        number = int(made["id"])
        return Created(f"GitHub made deployment {number}.", number, str(made["sha"]))
    if reply.status == 202 and client.is_answer(reply):
        return MergedInstead(
            f"GitHub merged the base branch into {wish.ref} and made no deployment"
            f" ({_said(reply)}). Ask again when the checks of the merge commit have passed."
        )
    if reply.status == 409 and client.is_answer(reply):
        return _conflict(wish, reply)
    return _refused(caller, reply, "make deployments of")


def say(caller: Caller, number: int, status: Status, until: float | None = None) -> Answer | None:
    """Tell of a deployment there; None: it is told. `until`: as for `create`."""
    values: dict[str, Any] = {
        "state": status.state,
        "description": short(status.description),
        "auto_inactive": status.auto_inactive,
    }
    given = {"log_url": status.page, "target_url": status.page, "environment_url": status.address}
    given["environment"] = status.environment
    values |= {name: text for name, text in given.items() if text}
    reply = client.send(caller, f"{_all(caller)}/{number}/statuses", values, until=until)
    is_told = reply.status == 201 and client.is_answer(reply)
    return None if is_told else _refused(caller, reply, "tell of deployments of")


def withdraw(caller: Caller, number: int) -> Answer | None:
    """Delete one that was made twice; None: it is gone. GitHub deletes none that may be active."""
    refused = say(caller, number, Status("inactive", "It was made twice; the other one counts."))
    if refused is not None:
        return refused
    reply = client.send(caller, f"{_all(caller)}/{number}", method="DELETE")
    return None if reply.status == 204 else _refused(caller, reply, "delete deployments of")


def find(caller: Caller, wish: Wish) -> int | None:
    """Return the number of the deployment that bears the wish's mark, if it was made."""
    query = {"sha": wish.ref, "environment": wish.environment, "task": wish.task}
    mark = marker.found(wish.payload)
    for page in client.pages(caller, _all(caller), query):
        for one in page:
            if marker.found(one.get("payload")) == mark:
                return int(one["id"])
    return None


def last_said(caller: Caller, number: int) -> tuple[str, str]:
    """Return the newest state that was told of it with its description; empty: none was."""
    told = client.get(caller, f"{_all(caller)}/{number}/statuses", {"per_page": 1})
    newest = told[0] if told else {}
    return newest.get("state") or "", newest.get("description") or ""


def read(caller: Caller, number: int) -> dict[str, Any] | None:
    """Return what GitHub itself says of a deployment; None: it knows none of this number.

    Raises ForgeError, with what to do, where the credential may not read deployments. GitHub
    answers that as if there were none, so it is asked for all of them, too.
    """
    url = f"{_all(caller)}/{number}"
    reply = client.look(caller, url)
    for pause in client.PAUSES:
        if reply.status != 404:
            break
        time.sleep(pause)  # what was made a moment ago may not be shown everywhere yet
        reply = client.look(caller, url)
    if reply.status == 200:
        said = client.read(reply)
        return said if isinstance(said, dict) else {}
    if reply.status == 404:
        reply = client.look(caller, f"{_all(caller)}?per_page=1")
    if reply.status == 200:
        return None
    raise ForgeError(_refused(caller, reply, "read deployments of").sentence)


def is_there(caller: Caller, number: int) -> bool:
    """Return whether GitHub shows it: whoever may not write may read."""
    return client.exists(caller, f"{_all(caller)}/{number}")


def short(text: str) -> str:
    """Cut a description to what GitHub takes."""
    text = " ".join(text.split())
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def page_of(location: str, environment: str) -> str:
    """Return where people see an environment's deployments, at the repository's own address."""
    return f"{location}/deployments/activity_log?environment={quote(environment, safe='')}"


def _all(caller: Caller) -> str:
    return f"{caller.place.url}/deployments"


def _conflict(wish: Wish, reply: Reply) -> Answer:
    told = [
        each.get("contexts")
        for each in _object(reply).get("errors") or []
        if isinstance(each, dict)
    ]
    unmet = tuple(
        (str(each.get("context")), str(each.get("state")))
        for contexts in told if isinstance(contexts, list)
        for each in contexts if isinstance(each, dict) and each.get("state") != "success"
    )  # fmt: skip
    if unmet or "status checks" in _said(reply):
        each = ", ".join(f"{name} {WORDS.get(state, state)}" for name, state in unmet)
        return ChecksUnmet(
            f"{each or 'Checks have not passed'} on {wish.ref}, so GitHub made no deployment. Ask"
            " again when this has passed.",
            unmet,
        )
    return MergeConflict(
        f"GitHub cannot merge the base branch into {wish.ref} by itself ({_said(reply)}). Merge it"
        " by hand and push, then ask again."
    )


def _refused(caller: Caller, reply: Reply, doing: str) -> Answer:
    """Return what GitHub will not do; what is no answer to the request itself is raised."""
    name, said = caller.place.full_name, _said(reply)
    if not client.is_answer(reply):
        raise client.refusal(caller.place, reply)
    if reply.status == 422:
        return Unusable(f"GitHub can make nothing of this in {name}: {said}")
    if reply.status not in {403, 404} or "X-GitHub-SSO" in reply.headers:
        raise client.refusal(caller.place, reply)
    if reply.status == 404:
        return NotLet(
            f"GitHub does not let this credential {doing} {name}, or has no repository of that"
            f" name: it answers both alike. {NEXT}"
        )
    return NotLet(f"GitHub does not let this credential {doing} {name} ({said}). {NEXT}")


def _said(reply: Reply) -> str:
    """Return GitHub's own words: the message, and what it names as wrong."""
    whole = _object(reply)
    errors = whole.get("errors") or []
    more = [_fault(each) for each in errors] if isinstance(errors, list) else []
    words = ": ".join(filter(None, [str(whole.get("message", "")), "; ".join(filter(None, more))]))
    return plain(words.encode(errors="replace"))[:300] or str(reply.status)


def _fault(error: object) -> str:
    if not isinstance(error, dict):
        return str(error)
    if error.get("message"):
        return str(error["message"])
    return " ".join(str(error[key]) for key in ("field", "code") if error.get(key))


def _object(reply: Reply) -> dict[str, Any]:
    try:
        said = json.loads(reply.body or b"{}")
    except ValueError:
        said = None
    return said if isinstance(said, dict) else {}
