"""The settings of the `command` provider: their defaults, and what is wrong with them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from deployments import parameters
from deployments.providers import command_lines
from deployments.providers.ssh_settings import TAKEN, TASK

DEFAULTS: dict[str, Any] = {
    "preset": "",  # the one that the form was filled in from
    "before": [],  # lines, each a program with its arguments, such as “bundle install”
    "command": "",  # what deploys
    "rollback": "",  # what goes back by one release; empty: `command`, with the former commit
    "tasks": {},  # name → {"commands": [line, …]}
    "variables": {},  # environment variables: name → value, with placeholders
    "parameters": {},  # name → the pattern that a value given to a deployment must match
    # The file on the hosts that holds the commit which runs there; empty: they are not asked.
    "revision": "",
    # An SSH agent with the environment's key, for recipes that hand one on to the hosts.
    "agent": False,
    "total_seconds": 1_800,
    "silence_seconds": 600,
}
LIMITS = {"total_seconds": (1, 14_400), "silence_seconds": (1, 14_400)}
VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")
RESERVED = frozenset(
    {"HOME", "PATH", "TMPDIR", "IFS", "PWD", "ENV", "BASH_ENV", "SHELLOPTS", "PPID", "UID", "EUID"}
)


def whole(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings with the defaults where nothing is said."""
    return {**DEFAULTS, **{key: value for key, value in settings.items() if key in DEFAULTS}}


def problems(settings: Mapping[str, Any]) -> list[str]:
    """Return each fault in a sentence."""
    asked = whole(settings)
    if kinds := list(_kinds(asked)):
        return kinds
    missing = [] if asked["command"].strip() else ["No command is set: what deploys?"]
    return [
        *missing,
        *(problem for line in _lines(asked) for problem in command_lines.problems(line)),
        *_tasks(asked["tasks"]),
        *_variables(asked["variables"]),
        *parameters.problems(asked["parameters"]),
        *_revision(asked["revision"]),
        *_numbers(asked),
    ]


def takes_hosts(settings: Mapping[str, Any]) -> bool:
    """Return whether the program is told which hosts it is about."""
    asked = whole(settings)
    texts = [*_lines(asked), *asked["variables"].values()]
    return any(command_lines.uses(text, "hosts") for text in texts)


def _lines(settings: Mapping[str, Any]) -> Iterator[str]:
    yield from settings["before"]
    yield settings["command"]
    yield settings["rollback"]


def _kinds(settings: dict[str, Any]) -> Iterator[str]:
    for key, usual in DEFAULTS.items():
        value = settings[key]
        if isinstance(usual, str) and not isinstance(value, str):
            yield f"“{key}” takes a text, not {value!r}."
        if isinstance(usual, list) and not _is_lines(value):
            yield f"“{key}” takes a list of lines, not {value!r}."
        if isinstance(usual, bool) and not isinstance(value, bool):
            yield f"“{key}” is true or false, not {value!r}."
        if isinstance(usual, dict) and not isinstance(value, dict):
            yield f"“{key}” takes names and what belongs to them, not {value!r}."
    if isinstance(settings["variables"], dict):
        for name, value in settings["variables"].items():
            if not isinstance(value, str):
                yield f"The variable {name} takes a text, not {value!r}."


def _is_lines(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(part, str) for part in value)


def _tasks(tasks: Mapping[str, Any]) -> Iterator[str]:
    for name, task in tasks.items():
        if not TASK.fullmatch(name) or name in TAKEN:
            yield f"“{name}” is no name of a task; it is a word such as migrations."
        lines = task.get("commands") if isinstance(task, Mapping) else None
        if not _is_lines(lines) or not any(line.strip() for line in lines or ()):
            yield f"The task “{name}” takes a list of commands."
            continue
        if isinstance(task, Mapping) and task.get("once"):
            yield f"The task “{name}” runs on this machine, so once in any case: leave “once” out."
        for line in lines or ():
            yield from command_lines.problems(line)


def _variables(variables: Mapping[str, str]) -> Iterator[str]:
    for name, value in variables.items():
        if not VARIABLE.fullmatch(name):
            yield f"“{name}” is no name of an environment variable."
        elif name in RESERVED or name.startswith(("SHIPMATE_", "LD_")):
            yield f"{name} is set by Shipmate itself; a variable cannot take its place."
        if "\x00" in value or "\n" in value:
            yield f"The value of {name} has a character in it that does not belong there."
        yield from command_lines.unknown(value)


def _revision(path: str) -> Iterator[str]:
    if path and (not re.match(r"\A(~/|/)[^\x00-\x1f]+\Z", path) or ".." in path.split("/")):
        yield f"The file “{path}” is neither absolute nor below “~/”."


def _numbers(settings: dict[str, Any]) -> Iterator[str]:
    for key, (least, most) in LIMITS.items():
        value = settings[key]
        if type(value) is not int or not least <= value <= most:
            yield f"“{key}” is {value!r}; it takes a number from {least} to {most}."
