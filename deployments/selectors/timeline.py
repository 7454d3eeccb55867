"""What happened to a deployment, in words, from the table that remembers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from deployments.models import Change, Comment, Deployment

DOORS = {
    "web": "on the page",
    "chat": "in chat",
    "flow": "in Flow",
    "api": "over the API",
    "command": "on the command line",
    "webhook": "at GitHub",
}
STATUS = {
    "pending": "asked for it",
    "queued": "Its commit is known; it waits for its turn.",
    "in_progress": "A worker began.",
    "success": "It succeeded on all hosts asked.",
    "failure": "It failed.",
    "error": "It ended in an error.",
    "cancelled": "It was cancelled.",
}


GATES = {
    "deployment.approval": "It waits for approval.",
    "deployment.waits": "It waits.",
    "deployment.check_failed": "A check is red; it goes on waiting.",
    "deployment.check_missing": "A check does not come; it goes on waiting.",
}
# What stands in a conversation by itself, or on the page beside it.
UNSAID = ("deployment.comment", "deployment.waits")
FLAGS = {
    "deployment.stopping": "stopping",
    "deployment.taken_over": "lost_contact",
    "deployment.doubt": "lost_contact",
    "deployment.merged": "pending",
    "deployment.paused": "paused",
    "deployment.approval": "pending",
    "deployment.went_on": "in_progress",
    "deployment.undone": "rolledback",
    "deployment.waits": "pending",
    "deployment.check_failed": "failure",
    "deployment.check_missing": "pending",
}


@dataclass(frozen=True)
class Moment:
    at: datetime
    state: str  # a status with its reason, or nothing
    text: str
    note: str = ""


def timeline(deployment: Deployment) -> list[Moment]:
    """Return what happened, oldest first."""
    return [_moment(change) for change in deployment.changes.select_related("person")]


def _moment(change: Change) -> Moment:
    if change.verb == "deployment.status":
        return Moment(change.at, _state(change), _status_words(change), change.note)
    note = "" if change.verb == "deployment.merged" else change.note
    return Moment(change.at, _flag(change), _words(change), note)


def _state(change: Change) -> str:
    return f"{change.new}:{change.reason}" if change.reason else change.new


def _status_words(change: Change) -> str:
    words = STATUS.get(change.new, f"It is {change.new} now.")
    if change.new == "pending" and change.via == "auto":
        return f"Shipmate asked for it, in place of {_who(change)}."
    if change.new == "pending":
        return f"{_who(change)} {words}{_created(change)}."
    if change.reason == "partly":
        return "It was done on some hosts only."
    if change.new == "cancelled" and change.person is not None:
        return f"{change.person} cancelled it{_door(change)}."
    return words


def _flag(change: Change) -> str:
    return FLAGS.get(change.verb, "")


def doubt(change: Change) -> str:
    """Say that something may be left on a host, or that it has looked and nothing is."""
    host = change.subject
    return f"{host} may not be done." if change.note else f"{host} looked again: nothing is left."


def paused(change: Change) -> str:
    """Say that it waits behind its first host, or has gone on."""
    if change.verb == "deployment.paused":
        return f"It paused after {change.subject or 'its first host'}."
    if change.person is None:
        return "Its pause is over; it goes on."
    return f"{change.person} let it go on{_door(change)}."


def merged(change: Change) -> str:
    """Say what was merged into its branch before it was deployed."""
    return f"Shipmate merged {change.subject}: {change.new} ({change.note})."


def undone(change: Change) -> str:
    """Say that it is rolled back, and as which deployment."""
    if not change.new:
        return "It could not be rolled back by itself."
    return f"{change.subject} is being rolled back as #{change.new}."


def _told_elsewhere(change: Change) -> str:
    return f"{change.subject} says {change.new.replace('_', ' ')} of it at GitHub."


def _words(change: Change) -> str:
    if change.verb in SENTENCES:
        return SENTENCES[change.verb](change)
    if change.verb in GATES:
        return GATES[change.verb]
    if change.verb in DID:
        return f"{_who(change)} {DID[change.verb]}{_door(change)}."
    told = change.verb.removeprefix("deployment.").replace("_", " ").replace(".", " ")
    move = f": {change.old} → {change.new}" if change.old or change.new else ""
    return f"{_who(change)}: {told}{f' {change.subject}' if change.subject else ''}{move}."


SENTENCES: dict[str, Callable[[Change], str]] = {
    "deployment.paused": paused,
    "deployment.went_on": paused,
    "deployment.merged": merged,
    "deployment.undone": undone,
    "deployment.doubt": doubt,
    "deployment.told": _told_elsewhere,
    "deployment.taken_over": lambda change: (
        f"Worker {change.new} took over from {change.old}, which had fallen silent."
    ),
}
# What a person did, after the name.
DID = {
    "deployment.approved": "approved it",
    "deployment.rejected": "rejected it",
    "deployment.stopping": "asked to stop it",
    "deployment.forced": "went past the checks",
    "deployment.tell_again": "had GitHub told again",
    "deployment.comment": "commented",
}


def _who(change: Change) -> str:
    return str(change.person or "Shipmate")


def _door(change: Change) -> str:
    return f" {DOORS[change.via]}" if change.via in DOORS else ""


def _created(change: Change) -> str:
    """Say by which door it was asked for, unless the name says it: octocat at GitHub."""
    door = _door(change)
    return "" if _who(change).endswith(door) else door


def conversation(deployment: Deployment) -> list[Moment | Comment]:
    """Return what was said and what happened, in the order of time."""
    said = list(deployment.comments.select_related("person"))
    told = deployment.changes.select_related("person").exclude(verb__in=UNSAID)
    steps = [_moment(change) for change in told]
    return sorted([*said, *steps], key=_when)


def _when(item: Moment | Comment) -> datetime:
    return item.created_at if isinstance(item, Comment) else item.at
