"""How a state looks: its sign, its word, and through `data_state` its colour. The one table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, runtime_checkable

from django.utils import timezone


@dataclass(frozen=True)
class Look:
    data_state: str  # the stylesheet's name, which brings the colour
    sign: str  # s-… in static/img/signs.svg; empty: none
    word: str


@runtime_checkable
class Stateful(Protocol):
    """What a deployment says about its state."""

    status: str
    reason: str
    stop_at: datetime | None
    lease_until: datetime | None

    @property
    def is_paused(self) -> bool: ...


# By status, or by status and reason; the last five are derived or flags.
LOOKS: Mapping[str, Look] = {
    "pending": Look("waiting", "waiting", "Waiting"),
    "queued": Look("queued", "queued", "Queued"),
    "in_progress": Look("running", "running", "Running"),
    "success": Look("success", "success", "Succeeded"),
    "failure": Look("failed", "failed", "Failed"),
    "failure:partly": Look("partly", "partly", "Partly done"),
    "failure:timed_out": Look("timeout", "timeout", "Timed out"),
    "error": Look("error", "error", "Error"),
    "cancelled": Look("cancelled", "cancelled", "Cancelled"),
    "superseded": Look("superseded", "superseded", "Superseded"),
    "rolledback": Look("rolledback", "rolledback", "Rolled back"),
    "stopping": Look("cancelling", "cancelling", "Cancelling"),
    "paused": Look("paused", "paused", "Paused"),
    "lost_contact": Look("lost", "lost", "Lost contact"),
}

# One phase on one host.
PHASE_LOOKS: Mapping[str, Look] = {
    "waiting": Look("none", "", "Not yet"),
    "starting": Look("queued", "queued", "Starting"),
    "running": LOOKS["in_progress"],
    "success": LOOKS["success"],
    "failure": LOOKS["failure"],
    "error": LOOKS["error"],
    "cancelled": LOOKS["cancelled"],
}

NOTHING = Look("none", "", "Nothing here yet")
_BY_DATA_STATE = {look.data_state: look for look in LOOKS.values()}


def look(status: str, reason: str = "") -> Look:
    """Find the look of a status; a reason that has none of its own looks like its status."""
    return (
        LOOKS.get(f"{status}:{reason}") or LOOKS.get(status) or _BY_DATA_STATE.get(status, NOTHING)
    )


def look_of(deployment: Stateful, now: datetime | None = None) -> Look:
    """Find the look of a deployment, its flags included."""
    if deployment.status != "in_progress":
        return look(deployment.status, deployment.reason)
    if deployment.lease_until is not None and deployment.lease_until < (now or timezone.now()):
        return LOOKS["lost_contact"]
    if deployment.is_paused and deployment.stop_at is None:
        return LOOKS["paused"]
    return LOOKS["stopping" if deployment.stop_at else "in_progress"]


def phase_look(status: str) -> Look:
    return PHASE_LOOKS[status]


def any_look(state: object) -> Look:
    """Accept whatever a template has at hand: a look, a word, a deployment, or nothing."""
    if isinstance(state, Look):
        return state
    if isinstance(state, str):
        return look(*state.split(":", 1)) if state else NOTHING
    return look_of(state) if isinstance(state, Stateful) else NOTHING
