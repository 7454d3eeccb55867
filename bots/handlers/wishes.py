"""What a deploy line asks for, as the services take it."""

from __future__ import annotations

from bots.language.commands import Deploy
from deployments.services.looking import More, Wish


def more(command: Deploy, expected_sha: str = "") -> More:
    """Return what is said beside the ref."""
    return {
        "hosts": command.hosts,
        "why": command.reason,
        "expected_sha": expected_sha,
        "task": command.task,
        "parameters": dict(command.parameters),
        "force": command.force,
        "when_green": command.when_green,
    }


def wish(command: Deploy) -> Wish:
    return Wish(command.ref or "", **more(command))
