"""The settings of the `ssh` provider: their defaults, and what is wrong with them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from deployments import parameters, rollouts

DEFAULTS: dict[str, Any] = {
    # Where releases, shared and current lie; empty: ~/APP-ENVIRONMENT. “{host}” is its name.
    "path": "",
    "shared": [],  # kept between releases: “log/” is a folder, “config.yml” a file
    "build": [],  # commands on each host, in the new release, before it is switched to
    "once": [],  # commands on one host, such as a migration
    "once_role": "",
    "restart": [],  # commands on each host, in the release that now is current
    "check": [],  # commands that must end with 0
    # Name → {"commands": […], "once": true or false}: what “deploy:NAME” runs in the release
    # that is there, on each host or on one.
    "tasks": {},
    "parameters": {},  # name → the pattern that a value given to a deployment must match
    "check_url": "",  # “{host}” is the host's address
    "check_seconds": 30,
    # Nothing writes to a file that came with the code: releases share files that are the same.
    "read_only": False,
    "keep": 5,  # releases on each host; what ran before stays in any case
    "total_seconds": 1_800,
    "silence_seconds": 600,
    **rollouts.DEFAULTS,
}
TASK = re.compile(r"[a-z0-9][-_.a-z0-9]{0,62}")
TAKEN = frozenset({"deploy", "lock", "unlock", "version", "plan"})  # words of the language
COMMANDS = ("build", "once", "restart", "check")
LIMITS = {
    "keep": (1, 100),
    "check_seconds": (1, 600),
    "total_seconds": (1, 14_400),
    "silence_seconds": (1, 14_400),
}


def whole(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings with the defaults where nothing is said."""
    return {**DEFAULTS, **{key: value for key, value in settings.items() if key in DEFAULTS}}


def problems(settings: Mapping[str, Any]) -> list[str]:
    """Return each fault in a sentence."""
    asked = whole(settings)
    if kinds := list(_kinds(asked)):
        return kinds
    return [
        *_path(asked),
        *_shared(asked),
        *_commands(asked),
        *_tasks(asked["tasks"]),
        *parameters.problems(asked["parameters"]),
        *_url(asked),
        *_numbers(asked),
        *rollouts.problems(asked),
    ]


def clashes(settings: Mapping[str, Any]) -> list[str]:
    """Return what is right by itself and makes no sense beside the other settings."""
    asked = whole(settings)
    if asked["first"] == "health" and not asked["check"] and not asked["check_url"]:
        return ["“first” waits for the first host’s checks, and there are none: give a command or "
                "an address to check."]  # fmt: skip
    return []


def _kinds(settings: dict[str, Any]) -> Iterator[str]:
    for key, usual in DEFAULTS.items():
        value = settings[key]
        if isinstance(usual, str) and not isinstance(value, str):
            yield f"“{key}” takes a text, not {value!r}."
        if isinstance(usual, list) and not (
            isinstance(value, list) and all(isinstance(part, str) for part in value)
        ):
            yield f"“{key}” takes a list of lines, not {value!r}."
        if isinstance(usual, bool) and not isinstance(value, bool):
            yield f"“{key}” is true or false, not {value!r}."
        if isinstance(usual, dict) and not isinstance(value, dict):
            yield f"“{key}” takes names and what belongs to them, not {value!r}."


def _path(settings: dict[str, Any]) -> Iterator[str]:
    path = settings["path"]
    if path and not re.match(r"\A(~/|/)[^\x00-\x1f]*\Z", path):
        yield f"The folder “{path}” is neither absolute nor below “~/”."
    if ".." in path.split("/") or (path and path.rstrip("/") in ("", "~")):
        yield f"The folder “{path}” is not one that releases may live in."


def _shared(settings: dict[str, Any]) -> Iterator[str]:
    for path in settings["shared"]:
        parts = path.rstrip("/").split("/")
        if path.startswith("/") or {"", ".", ".."} & set(parts) or "\n" in path:
            yield f"The shared path “{path}” must lie inside the release, such as log/ or .env."


def _commands(settings: dict[str, Any]) -> Iterator[str]:
    for key in COMMANDS:
        if any("\x00" in line for line in settings[key]):
            yield f"A command of “{key}” has a NUL character in it."


def _tasks(tasks: Mapping[str, Any]) -> Iterator[str]:
    for name, task in tasks.items():
        if not TASK.fullmatch(name) or name in TAKEN:
            yield f"“{name}” is no name of a task; it is a word such as migrations."
        lines = task.get("commands") if isinstance(task, Mapping) else None
        if not isinstance(lines, list) or not all(isinstance(line, str) for line in lines):
            yield f"The task “{name}” takes a list of commands."
        elif not any(line.strip() for line in lines):
            yield f"The task “{name}” has no command."
        elif any("\x00" in line for line in lines):
            yield f"A command of the task “{name}” has a NUL character in it."


def _url(settings: dict[str, Any]) -> Iterator[str]:
    url = settings["check_url"]
    if not url:
        return
    parts = urlsplit(url.replace("{host}", "host"))
    if parts.scheme not in ("http", "https") or not parts.hostname:
        yield f"The address to check, “{url}”, must begin with http:// or https:// and name a host."
    if parts.username or parts.password:
        yield "The address to check holds a password; people can read it there."


def _numbers(settings: dict[str, Any]) -> Iterator[str]:
    for key, (least, most) in LIMITS.items():
        value = settings[key]
        if type(value) is not int or not least <= value <= most:
            yield f"“{key}” is {value!r}; it takes a number from {least} to {most}."
