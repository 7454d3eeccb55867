"""A repository's webhooks at GitHub: https://docs.github.com/rest/repos/webhooks .

The secret is in the request that sets it, and nowhere else.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from deployments.exceptions import ForgeError
from deployments.forges.github import client
from deployments.forges.github.client import Caller
from deployments.forges.text import plain
from deployments.outbound import Reply

RECENT = 20  # deliveries
NEEDS = (
    "Give the App, or the fine-grained token, the right *Webhooks: read and write* for it at GitHub"
    " (a classic token: the scope admin:repo_hook, and its owner is an administrator there)."
)


@dataclass(frozen=True, slots=True)
class Sent:
    """What came of one delivery, as GitHub saw it."""

    event: str
    at: str
    code: int
    said: str

    @property
    def is_taken(self) -> bool:
        return 200 <= self.code < 300


@dataclass(frozen=True, slots=True)
class Hook:
    """One webhook. `code` and `said`: of the answer that GitHub got last."""

    number: int
    is_active: bool
    events: tuple[str, ...]
    content_type: str
    is_checked: bool  # the certificate of this address
    code: int | None
    said: str


def find(caller: Caller, address: str) -> Hook | None:
    """Return the webhook that leads to this address."""
    if not client.exists(caller, _all(caller)):
        name = caller.place.full_name
        raise ForgeError(f"GitHub shows this credential no webhooks of {name}. {NEEDS}")
    for page in client.pages(caller, _all(caller)):
        for one in page:
            if one["config"].get("url") == address:
                return _hook(one)
    return None


def install(caller: Caller, address: str, secret: str, events: Sequence[str]) -> tuple[Hook, bool]:
    """Have GitHub send these events there, signed; say whether the webhook is a new one."""
    known = find(caller, address)
    config = {"url": address, "content_type": "json", "secret": secret, "insecure_ssl": "0"}
    values: dict[str, Any] = {"active": True, "events": list(events), "config": config}
    if known is None:
        reply = client.send(caller, _all(caller), {"name": "web", **values})
    else:
        url = f"{_all(caller)}/{known.number}"
        reply = client.send(caller, url, values, method="PATCH")
    return _hook(_taken(caller, reply)), known is None


def ping(caller: Caller, number: int) -> None:
    """Have GitHub send a ping."""
    reply = client.send(caller, f"{_all(caller)}/{number}/pings")
    if reply.status != 204:
        raise _refusal(caller, reply)


def deliveries(caller: Caller, number: int) -> list[Sent]:
    """Return what came of the newest, newest first."""
    return sent(client.get(caller, f"{_all(caller)}/{number}/deliveries", {"per_page": RECENT}))


def sent(told: Sequence[dict[str, Any]]) -> list[Sent]:
    """Read GitHub's list of deliveries."""
    return [
        Sent(str(one["event"]), str(one["delivered_at"]), int(one["status_code"]), one["status"])
        for one in told
    ]


def _all(caller: Caller) -> str:
    return f"{caller.place.url}/hooks"


def _taken(caller: Caller, reply: Reply) -> dict[str, Any]:
    if reply.status not in {200, 201} or not client.is_answer(reply):
        raise _refusal(caller, reply)
    return _object(reply)


def _refusal(caller: Caller, reply: Reply) -> ForgeError:
    name, said = caller.place.full_name, _said(reply)
    if not client.is_answer(reply):
        return client.refusal(caller.place, reply)
    if reply.status in {403, 404} and "X-GitHub-SSO" not in reply.headers:
        lets = f"GitHub lets this credential set up no webhook in {name}"
        return ForgeError(f"{lets} ({said}). {NEEDS}")
    if reply.status == 422:
        return ForgeError(
            f"GitHub does not take this webhook in {name}: {said}. It must reach SHIPMATE_URL from"
            " outside, and a repository has 20 webhooks at most for one event."
        )
    return client.refusal(caller.place, reply)


def _said(reply: Reply) -> str:
    """Return GitHub's own words: the message, and what it names as wrong."""
    told = _object(reply)
    errors = told.get("errors")
    each = [
        str(one.get("message", "") if isinstance(one, dict) else one)
        for one in (errors if isinstance(errors, list) else [])
    ]
    words = ": ".join(filter(None, [str(told.get("message", "")), "; ".join(filter(None, each))]))
    return plain(words.encode(errors="replace"))[:300] or str(reply.status)


def _object(reply: Reply) -> dict[str, Any]:
    try:
        told = json.loads(reply.body or b"{}")
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


def _hook(told: dict[str, Any]) -> Hook:
    config, last = told["config"], told.get("last_response") or {}
    return Hook(
        number=int(told["id"]),
        is_active=bool(told["active"]),
        events=tuple(told["events"]),
        content_type=str(config.get("content_type", "")),
        is_checked=str(config.get("insecure_ssl", "0")) == "0",
        code=last.get("code"),
        said=str(last.get("message") or last.get("status") or ""),
    )
