"""A command as the line that says it. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from bots.language import commands
from deployments import lines


def line(command: commands.Command) -> str:
    """Return the line; empty for a command that names nothing."""
    match command:
        case commands.Deploy():
            return _deploy(command)
        case commands.Plan(deploy=shown):
            return _deploy(shown, plan=True)
        case commands.DeployPlan(code=code):
            return lines.deploy_plan(code)
        case commands.Rollback(app=str(app), environment=str(place), to=number):
            return lines.rollback(app, place, number)
        case commands.Rollback(app=str(app), environment=None):
            return f"rollback {app}"
        case commands.Promote(app=app, source=source, target=target):
            return lines.promote(app, source, target)
        case commands.Lock(app=str(app), environment=place, seconds=seconds, reason=why):
            return lines.lock(app, place, seconds=seconds, because=why)
        case commands.Unlock(app=str(app), environment=place):
            return lines.unlock(app, place)
        case commands.Log(number=int(number), host=str(host)):
            return lines.log(number, host)
        case _:
            return _question(command)


def _question(command: commands.Command) -> str:
    match command:
        case commands.Status(app=app, environment=place):
            return lines.status(app, place)
        case commands.Deploys(app=app, ref=ref, environment=place):
            return lines.deploys(app, ref, place)
        case commands.Why(app=str(app), environment=place):
            return lines.why(app, place)
        case commands.WhichChecksFailed(app=str(app), environment=place):
            return lines.which_checks_failed(app, place)
        case commands.Diff(app=str(app), environment=place, other=other):
            return lines.diff(app, place, other)
        case commands.WhereCanIDeploy(app=app):
            return lines.where_can_i_deploy(app)
        case commands.WhereIs(ref=ref, person=person, app=app):
            return lines.where_is(ref or "", person=person or "", app=app)
        case commands.DeployStatus(app=app, environment=place):
            return lines.deploy_status(app, place)
        case commands.Search(query=query):
            return lines.search(query)
        case _:
            return ""


def _deploy(command: commands.Deploy, *, plan: bool = False) -> str:
    return lines.deploy(
        command.app,
        command.ref,
        command.environment,
        hosts=command.hosts,
        because=command.reason,
        task=command.task,
        force=command.force,
        parameters=dict(command.parameters),
        apps=command.apps,
        when_green=command.when_green,
        verb="plan" if plan else "",
    )


def with_names(command: commands.Command, part: str, names: list[str], said: str = "") -> list[str]:
    """Return the lines that say the same with another name in one part of it.

    `said`: the name that is no good, where several stand in that part.
    """
    return [other for name in names if (other := _with(command, part, name, said))]


def _with(command: commands.Command, part: str, name: str, said: str) -> str:
    if isinstance(command, commands.Plan):
        return line(replace(command, deploy=replace(command.deploy, **_field(part, name))))
    if isinstance(command, commands.Deploy) and part == "app" and command.apps:
        apps = tuple(name if app == said else app for app in command.apps)
        return line(replace(command, app=apps[0], apps=apps)) if len({*apps}) == len(apps) else ""
    if isinstance(command, commands.Promote) and part == "environment":
        part = "source" if command.source == said else "target"
    return line(replace(command, **_field(part, name))) if hasattr(command, part) else ""


def _field(part: str, name: str) -> dict[str, Any]:
    return {part: name}
