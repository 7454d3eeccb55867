"""Providers of Heaven: which way to deploy each is here, and what its keys become."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from typing import Any

from deployments import providers

WAYS = {
    "capistrano": "command:capistrano-2",
    "bundler_capistrano": "command:capistrano-3",
    "fabric": "command:fabric-1",
    "ansible": "command:ansible",
    "shell": "command:script",
    "heroku": "heroku",
    "dpl": "heroku",
    "elastic_beanstalk": "beanstalk",
}
NOTES = {
    "capistrano": " Its gem stands in the repository's Gemfile; Heaven brought one along.",
    "bundler_capistrano": " If the Gemfile has Capistrano 2, choose that in the app's settings.",
    "fabric": " If Heaven had a DEPLOY_COMMAND_FORMAT, write that line in the app's settings.",
    "dpl": " Heaven never had it registered; it was to push to Heroku.",
}
SCRIPT = re.compile(r"([\w-]+/)*[\w-]+(\.\w+)?", re.ASCII)  # as Heaven took it
STAGE = re.compile(r"[A-Za-z0-9][-_.A-Za-z0-9]{0,62}")
REGION = "us-east-1"  # Heaven's own


def fault(way: str, settings: Mapping[str, Any]) -> str:
    """Say what is wrong with settings, if they are enough for a deployment or mean to be."""
    made = providers.ways()[way]
    found = providers.provider(made.provider).validate({**made.settings, **settings})
    return " ".join(found)


def script(path: str) -> str:
    """Return the line that runs a script of the repository; empty: its path is none."""
    if not SCRIPT.fullmatch(path):
        return ""
    return path if "/" in path else f"./{path}"


def at_provider(way: str, written: str) -> dict[str, Any]:
    """Return the settings of an environment that is called so by what is deployed to.

    Where a program deploys it is the word that stands for {environment} in its lines.
    """
    if way == "heroku":
        return {"app": written}
    if way == "beanstalk":
        return {"aws_environment": written}
    if not way.startswith("command:") or not STAGE.fullmatch(written):
        return {}
    settings = providers.ways()[way].settings
    return {
        key: _said(settings[key], shlex.quote(written))
        for key in ("before", "command", "rollback", "tasks")
        if key in settings and _said(settings[key], written) != settings[key]
    }


def _said(value: Any, stage: str) -> Any:
    """Put the word in where the environment is named."""
    if isinstance(value, str):
        return value.replace("{environment}", stage)
    if isinstance(value, list):
        return [_said(one, stage) for one in value]
    return {name: _said(one, stage) for name, one in value.items()}
