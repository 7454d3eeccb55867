"""What each change of a deployment adds to its thread."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from bots import approvals, sayings
from bots.messages import Mention, Message, Strong
from bots.sentences import DeploymentView
from deployments.models import Change
from deployments.selectors import approvals as reading
from deployments.selectors import timeline


def step(view: DeploymentView, change: Change) -> Message | None:
    """Return what a change adds to the thread; waiting and queued stand at its head."""
    if change.verb in STEPS:
        return STEPS[change.verb](view, change)
    if change.verb == "deployment.waits" or change.new in ("pending", "queued"):
        return None
    return sayings.activity(replace(view, state="running") if change.new == "in_progress" else view)


def _approval(view: DeploymentView, change: Change) -> Message:
    """Ask those who may for their approval, by their names."""
    people = reading.who_may(change.deployment) if change.deployment else []
    return approvals.asked(view, change.note, [person.username for person in people])


def _approved(_: DeploymentView, change: Change) -> Message:
    return sayings.note(Strong(str(change.person)), " approved it.", state="waiting")


def _stopping(_: DeploymentView, change: Change) -> Message:
    return sayings.note(Strong(str(change.person)), " asked to cancel it.", state="cancelling")


def _doubt(_: DeploymentView, change: Change) -> Message:
    return sayings.note(change.note or timeline.doubt(change), state="lost")


def _merged(_: DeploymentView, change: Change) -> Message:
    return sayings.note(timeline.merged(change), state="waiting")


def _paused(view: DeploymentView, change: Change) -> Message:
    if view.state == "paused":
        return sayings.activity(view)
    return sayings.note(timeline.paused(change), state="paused")


def _went_on(_: DeploymentView, change: Change) -> Message:
    return sayings.note(timeline.paused(change), state="running")


def _undone(_: DeploymentView, change: Change) -> Message:
    said = f"{timeline.undone(change)} {change.note}".strip()
    return sayings.note(said, state="rolledback" if change.new else "error")


def _taken_over(_: DeploymentView, __: Change) -> Message:
    said = "Its worker fell silent; another goes on from where the hosts are."
    return sayings.note(said, state="lost")


def _check(view: DeploymentView, change: Change) -> Message | None:
    """Tell who asked that a check keeps it waiting; what was so when they asked they have read."""
    if change.person_id is not None or view.state != "waiting":
        return None
    said = f"{change.note}." if change.verb == "deployment.check_failed" else change.note
    return sayings.note(Mention(view.asker), f": {said} It goes on waiting.", state="waiting")


STEPS: dict[str, Callable[[DeploymentView, Change], Message | None]] = {
    "deployment.approval": _approval,
    "deployment.approved": _approved,
    "deployment.stopping": _stopping,
    "deployment.doubt": _doubt,
    "deployment.merged": _merged,
    "deployment.paused": _paused,
    "deployment.went_on": _went_on,
    "deployment.undone": _undone,
    "deployment.taken_over": _taken_over,
    "deployment.check_failed": _check,
    "deployment.check_missing": _check,
}
