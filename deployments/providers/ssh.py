"""Releases over SSH, laid out as Capistrano lays them: releases, shared, current, REVISION.

Layout after https://capistranorb.com/documentation/getting-started/structure/ .
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from deployments.providers import ssh_scripts, ssh_settings
from deployments.providers.contract import RELEASE, Context, HostSpec, Phase, Preset


class SshProvider:
    """Send the code, build it, switch to it with one rename, restart, check."""

    label = "Releases over SSH, by Shipmate itself"
    defaults = ssh_settings.DEFAULTS
    presets: tuple[Preset, ...] = ()
    where = ("path",)
    runs_here = False
    takes_hosts = True
    is_trusted = False
    needs_code = True
    needs_secrets = ()

    def validate(self, settings: Mapping[str, Any]) -> list[str]:
        return ssh_settings.problems(settings) or ssh_settings.clashes(settings)

    def obstacles(self, settings: Mapping[str, Any], hosts: int, *, chosen: bool) -> list[str]:
        return [] if hosts else ["has no hosts"]

    def phases(self, context: Context) -> list[Phase]:
        if context.task != RELEASE:
            return [_task(context)]
        return [_return(context)] if context.returns else _release(context)

    def truth(self, context: Context) -> dict[str, str]:
        return _each(context, ssh_scripts.truth)


def _release(context: Context) -> list[Phase]:
    """The whole way, without the steps that the settings leave empty."""
    settings = ssh_settings.whole(context.settings)
    upload, trees = ssh_scripts.upload_name(context), _each(context, ssh_scripts.trees)
    transfer = _each(context, ssh_scripts.transfer)
    phases = [Phase("transfer", transfer, upload=upload, trees=trees)]
    if settings["build"]:
        phases.append(_commands("build", context, settings["build"]))
    if settings["once"]:
        one = once_host(context.hosts, settings["once_role"])
        phases.append(_commands("once", replace(context, hosts=(one,)), settings["once"]))
    confirm = _each(context, ssh_scripts.confirm)
    switch = _each(context, ssh_scripts.switch)
    phases.append(Phase("switch", switch, confirm=confirm, by_batch=True))
    if settings["restart"]:
        restart = _commands("restart", context, settings["restart"])
        phases.append(replace(restart, by_batch=True))
    if settings["check"] or settings["check_url"]:
        phases.append(_check(context, settings))
    phases.append(Phase("clean", _each(context, ssh_scripts.clean), optional=True))
    return phases


def _task(context: Context) -> Phase:
    """Commands in the release that is there. Nothing is switched, nothing is removed."""
    settings = ssh_settings.whole(context.settings)
    task = settings["tasks"][context.task]
    if task.get("once"):
        context = replace(context, hosts=(once_host(context.hosts, settings["once_role"]),))

    def script(context: Context, host: HostSpec) -> str:
        return ssh_scripts.joined(
            ssh_scripts.runs(context, host), ssh_scripts.commands(context, host, task["commands"])
        )

    return Phase(context.task, _each(context, script))


def _return(context: Context) -> Phase:
    """Rollback to a kept release: no code moves, and it is one phase."""
    settings = ssh_settings.whole(context.settings)

    def script(context: Context, host: HostSpec) -> str:
        return ssh_scripts.joined(
            ssh_scripts.switch(context, host),
            ssh_scripts.commands(context, host, settings["restart"]),
            ssh_scripts.commands(context, host, settings["check"]),
        )

    return Phase(
        "switch back",
        _each(context, script),
        confirm=_each(context, ssh_scripts.confirm),
        probe=settings["check_url"],
        probe_seconds=settings["check_seconds"],
    )


def _commands(name: str, context: Context, lines: list[str]) -> Phase:
    return Phase(name, _each(context, lambda c, host: ssh_scripts.commands(c, host, lines)))


def _check(context: Context, settings: dict[str, Any]) -> Phase:
    return Phase(
        "check",
        _each(context, lambda c, host: ssh_scripts.commands(c, host, settings["check"])),
        probe=settings["check_url"],
        probe_seconds=settings["check_seconds"],
        on_failure="health",
        by_batch=True,
    )


def once_host(hosts: tuple[HostSpec, ...], role: str) -> HostSpec:
    """Return the first host with the role; the first of all where none has it or none is asked."""
    return next((host for host in hosts if role and role in host.roles), hosts[0])


def _each(context: Context, script: Callable[[Context, HostSpec], str]) -> dict[str, str]:
    return {host.name: script(context, host) for host in context.hosts}
