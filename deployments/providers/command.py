"""A program on the worker's machine deploys: Capistrano, Fabric, Ansible, a script, any other.

It runs in a private checkout of the commit. Arguments are lines of command_lines.py; what it is
told besides are environment variables, among them those that Heaven gave.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from shlex import quote
from typing import Any

from deployments.providers import command_lines, command_settings
from deployments.providers.command_presets import PRESETS
from deployments.providers.contract import HERE, RELEASE, Context, HostSpec, Phase

LONGEST_NAME = 40  # of a phase
FIRST, BACK = "get ready", "roll back"  # no task is called so: a name is one word

# OpenSSH's programs in front know the hosts and the key. Sharing a connection would need a path
# that is shorter than the one to a state folder may be.
HEAD = r"""
umask 022
export HOME="$work/home" TMPDIR="$work/tmp" PATH="$work/bin:$PATH"
export GIT_SSH_COMMAND="$ssh" RSYNC_RSH="$ssh" GIT_TERMINAL_PROMPT=0
export ANSIBLE_SSH_ARGS='-o ControlMaster=no' ANSIBLE_PIPELINING=True
export SHIPMATE_SSH_CONFIG="$work/home/.ssh/config"
cd "$work/code" || exit 1
# Runs a program with an agent of its own, which ends with it. The path to an agent must be short.
with_agent() {
  exec env TMPDIR=/tmp ssh-agent env TMPDIR="$TMPDIR" \
    sh -c 'ssh-add -q "$HOME/.ssh/shipmate" && exec "$@"' sh "$@"
}
known() {
  case $1 in
    */*)
      [ -f "$1" ] && [ -x "$1" ] && return
      echo "$1 is no program in this commit: is it there, and executable?" ;;
    *)
      command -v -- "$1" >/dev/null 2>&1 && return
      echo "$1 is not installed on $(uname -n), where Shipmate's workers run." ;;
  esac
  exit 127
}
"""


class CommandProvider:
    """Run what the settings say, and believe its exit status."""

    label = "A program on the worker's machine"
    defaults = command_settings.DEFAULTS
    presets = PRESETS
    where: tuple[str, ...] = ()
    runs_here = True
    takes_hosts = True
    is_trusted = True
    needs_code = True
    needs_secrets = ()

    def validate(self, settings: Mapping[str, Any]) -> list[str]:
        return command_settings.problems(settings)

    def obstacles(self, settings: Mapping[str, Any], hosts: int, *, chosen: bool) -> list[str]:
        if self.validate(settings):
            return []
        takes = command_settings.takes_hosts(settings)
        if takes and not hosts:
            return ["has no hosts, and what is run there says {hosts}"]
        if chosen and not takes:
            return ["is deployed to as a whole: what is run there does not say {hosts}"]
        return []

    def phases(self, context: Context) -> list[Phase]:
        settings = command_settings.whole(context.settings)
        before = [line for line in settings["before"] if line.strip()]
        name, lines = _asked(context, settings)
        is_release = context.task == RELEASE
        brings = tuple(host.name for host in context.hosts) if is_release else ()
        return [
            *([_phase(FIRST, context, settings, before)] if before else []),
            _phase(name, context, settings, lines, brings),
        ]

    def truth(self, context: Context) -> dict[str, str]:
        path = command_settings.whole(context.settings)["revision"]
        if not path:
            return {}
        file = f'"$HOME"/{quote(path[2:])}' if path.startswith("~/") else quote(path)
        return {host.name: f"cat {file} 2>/dev/null\n" for host in context.hosts}


def _asked(context: Context, settings: Mapping[str, Any]) -> tuple[str, list[str]]:
    """Return what it is called, and its lines."""
    if context.task != RELEASE:
        return context.task[:LONGEST_NAME], settings["tasks"][context.task]["commands"]
    return (BACK if context.back else RELEASE), [_line(context, settings)]


def _line(context: Context, settings: Mapping[str, Any]) -> str:
    """Return what deploys. What goes back without naming a commit goes back by one release."""
    back = str(settings["rollback"])
    names_it = any(command_lines.uses(back, name) for name in ("sha", "ref"))
    if back.strip() and (context.back == "one" or (context.back and names_it)):
        return back
    return str(settings["command"])


def _phase(
    name: str,
    context: Context,
    settings: Mapping[str, Any],
    lines: list[str],
    brings: tuple[str, ...] = (),
) -> Phase:
    values = _values(context)
    programs = [command_lines.words(line, values) for line in lines if line.strip()]
    script = "".join(
        (_places(context.work), HEAD, _exports(context, settings, values),
         *(_step(one, agent=settings["agent"]) for one in programs[:-1]),
         _step(programs[-1], agent=settings["agent"], last=True))
    )  # fmt: skip
    shown = tuple(map(shlex.join, programs))
    return Phase(name, {HERE: script}, brings=brings, shown=shown)


def _places(work: str) -> str:
    """Set where things are; the way to ssh is read by a shell once more."""
    return f"work={quote(work)} ssh={quote(quote(f'{work}/bin/ssh'))}\n"


def _step(words: list[str], *, agent: bool, last: bool = False) -> str:
    """Show what is run, and run it; the last one takes the place of the shell."""
    said, program = quote(f"$ {shlex.join(words)}"), shlex.join(words)
    runs = f"with_agent {program}" if agent else f"exec {program}"  # never the shell's own
    run = runs if last else f"({runs}) || exit"
    return f"printf '%s\\n' {said}\nknown {quote(words[0])}\n{run}\n"


def _values(context: Context) -> dict[str, str]:
    """Return what stands for each placeholder; before it runs some stand for themselves."""
    return {
        "application": context.application,
        "environment": context.environment,
        "task": context.task,
        "ref": context.ref,
        "sha": context.sha,
        "previous_sha": context.previous_sha,
        "hosts": _names(context.hosts),
        "number": str(context.number) if context.number else "{number}",
        "cache": context.cache or "{cache}",
    }


def _exports(context: Context, settings: Mapping[str, Any], values: Mapping[str, str]) -> str:
    own = {
        name: command_lines.filled(value, values) for name, value in settings["variables"].items()
    }
    told = {
        "SHIPMATE_APPLICATION": context.application,
        "SHIPMATE_ENVIRONMENT": context.environment,
        "SHIPMATE_DEPLOYMENT": str(context.number),
        "SHIPMATE_TASK": context.task,
        "SHIPMATE_REF": context.ref,
        "SHIPMATE_SHA": context.sha,
        "SHIPMATE_PREVIOUS_SHA": context.previous_sha,
        "SHIPMATE_HOSTS": _names(context.hosts),
        "SHIPMATE_WHO": context.who,
        "SHIPMATE_CACHE": context.cache,
    }
    heavens = {
        "BRANCH": context.ref,
        "SHA": context.sha,
        "DEPLOY_ENV": context.environment,
        "DEPLOY_TASK": context.task,
    }
    every = {**heavens, **context.parameters, **own, **told}
    return "".join(f"export {name}={quote(value)}\n" for name, value in every.items())


def _names(hosts: tuple[HostSpec, ...]) -> str:
    return ",".join(host.name for host in hosts)
