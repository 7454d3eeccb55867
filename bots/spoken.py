"""A command as the line that says it. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from bots.language import commands
from deployments import lines


def line(command: commands.Command) -> str:
    """Return the line; empty for a command that names nothing."""
    match command:
        case commands.Deploy(app=app, ref=ref, environment=place, hosts=hosts, reason=why):
            return lines.deploy(app, ref, place, hosts=hosts, because=why)
        case commands.Rollback(app=str(app), environment=str(place), to=number):
            return lines.rollback(app, place, number)
        case commands.Rollback(app=str(app), environment=None):
            return f"rollback {app}"
        case commands.Status(app=app, environment=place):
            return lines.status(app, place)
        case commands.Deploys(app=app, ref=ref, environment=place):
            return lines.deploys(app, ref, place)
        case commands.Why(app=str(app), environment=place):
            return lines.why(app, place)
        case commands.Diff(app=str(app), environment=place):
            return lines.diff(app, place)
        case _:
            return ""


def with_names(command: commands.Command, part: str, names: list[str]) -> list[str]:
    """Return the lines that say the same with another name in one part of it."""
    if not hasattr(command, part):
        return []
    fields: list[dict[str, Any]] = [{part: name} for name in names]
    return [said for one in fields if (said := line(replace(command, **one)))]
