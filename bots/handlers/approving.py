"""Somebody's word about a deployment that waits for it."""

from __future__ import annotations

from bots import sayings
from bots.handlers import finding
from bots.language import commands
from bots.messages import Message, link
from bots.portraits import portrait
from bots.speaker import Speaker
from deployments.services import approvals


def approve(command: commands.Approve, speaker: Speaker) -> Message:
    deployment = finding.deployment(speaker, command.number)
    approvals.approve(deployment, speaker.door)
    number = link(f"#{deployment.pk}", speaker.base + deployment.get_absolute_url())
    said = f" to {deployment.environment} goes on with your authority."
    return sayings.note("Approved: ", number, said, state="waiting")


def reject(command: commands.Reject, speaker: Speaker) -> Message:
    deployment = finding.deployment(speaker, command.number)
    approvals.reject(deployment, speaker.door, command.reason)
    deployment.refresh_from_db()
    return sayings.acknowledgement(portrait(deployment, speaker.base))
