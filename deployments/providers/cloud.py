"""What the providers of clouds share: a program of ours does it, and it stands in clouds/."""

from __future__ import annotations

import re
import sys
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from pathlib import Path
from shlex import join, quote
from typing import Any
from urllib.parse import urlsplit

from deployments.providers.contract import HERE, RELEASE, Context, Phase

HOME = Path(__file__).resolve().parents[2]  # where our programs are found
TEMPORARY = "tmp"  # in a deployment's own folder
DEFAULTS: dict[str, Any] = {
    "check_url": "",  # an address that must answer once the cloud says that it runs
    "check_seconds": 30,
    "total_seconds": 3_600,
    "silence_seconds": 1_800,
}
LIMITS = {
    "check_seconds": (1, 600),
    "health_seconds": (0, 3_600),
    "total_seconds": (1, 14_400),
    "silence_seconds": (1, 14_400),
}
# What may stand in a name, so that one setting serves every environment.
PLACEHOLDERS = ("application", "environment")
CHOSEN = "is deployed to as a whole: a cloud shows no hosts to choose from"
LOCAL = ("127.0.0.1", "::1", "localhost")


def whole(settings: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings with the defaults where nothing is said."""
    return {**defaults, **{key: value for key, value in settings.items() if key in defaults}}


def named(text: str, context: Context) -> str:
    """Return a name with what its placeholders stand for."""
    for name in PLACEHOLDERS:
        text = text.replace(f"{{{name}}}", getattr(context, name))
    return text


class CloudProvider(ABC):
    """A provider whose work one program of ours does."""

    program: str  # its module in clouds/
    defaults: Mapping[str, Any]
    presets = ()
    runs_here = True
    takes_hosts = False
    is_trusted = False  # it runs our program alone
    needs_code = True

    @abstractmethod
    def problems(self, asked: Mapping[str, Any]) -> list[str]:
        """Return what is wrong with its own settings, whose kinds are known to be right."""

    @abstractmethod
    def place(self, asked: Mapping[str, Any], context: Context) -> list[str]:
        """Return the arguments that say where it goes; people are shown these."""

    @abstractmethod
    def order(self, asked: Mapping[str, Any], context: Context) -> list[str]:
        """Return the arguments that say what to bring there, beside the commit and its code."""

    def validate(self, settings: Mapping[str, Any]) -> list[str]:
        asked = whole(settings, self.defaults)
        if wrong := list(problems(asked, self.defaults)):
            return wrong
        return [*self.problems(asked), *url_problems("The address to check", asked["check_url"])]

    def obstacles(self, settings: Mapping[str, Any], hosts: int, *, chosen: bool) -> list[str]:
        return [CHOSEN] if chosen else []

    def phases(self, context: Context) -> list[Phase]:
        """Return the one phase, and the check behind it where an address is set."""
        asked = whole(context.settings, self.defaults)
        place = self.place(asked, context)
        what = [f"--sha={context.sha}", f"--code={context.work}/code", *self.order(asked, context)]
        run = {HERE: script(context, self.program, "deploy", [*place, *what])}
        found = [
            Phase(
                "go back" if context.back else RELEASE,
                run,
                brings=tuple(host.name for host in context.hosts),
                shown=(join([self.program, "deploy", *place]),),
            )
        ]
        if url := named(asked["check_url"], context):
            seconds, nothing = asked["check_seconds"], {HERE: ":\n"}
            found.append(
                Phase("check", nothing, probe=url, probe_seconds=seconds, on_failure="health")
            )
        return found

    def truth(self, context: Context) -> dict[str, str]:
        place = self.place(whole(context.settings, self.defaults), context)
        return {HERE: script(context, self.program, "truth", place)}


def script(context: Context, program: str, what: str, arguments: list[str]) -> str:
    """Return the script that runs our program, away from the commit and from this machine's own
    settings: what lies in either must not change what is run."""
    own = [sys.executable, "-E", "-m", f"deployments.providers.clouds.{program}", what, *arguments]
    places = (f"{context.work}/home", f"{context.work}/{TEMPORARY}")
    home = "export HOME={} TMPDIR={}\n".format(*map(quote, places)) if context.work else ""
    return f"{home}cd {quote(str(HOME))} || exit 1\nexec {join(own)}\n"


def about(context: Context) -> str:
    """Return what a deployment is known by at the cloud. Numbers begin anew with a new database."""
    place = f"{context.application}/{context.environment}"
    return f"Shipmate #{context.number} {place} {context.release}"


def problems(settings: dict[str, Any], defaults: Mapping[str, Any]) -> Iterator[str]:
    """Give what is wrong with settings of any cloud, each in a sentence."""
    for key, usual in defaults.items():
        value = settings[key]
        if isinstance(usual, str) and not isinstance(value, str):
            yield f"“{key}” takes a text, not {value!r}."
        if isinstance(usual, int):
            least, most = LIMITS[key]
            if type(value) is not int or not least <= value <= most:
                yield f"“{key}” is {value!r}; it takes a number from {least} to {most}."


def name_problems(what: str, text: str, pattern: str, rule: str) -> Iterator[str]:
    """Give what is wrong with a name, whatever its placeholders may stand for."""
    bare = text
    for name in PLACEHOLDERS:
        bare = bare.replace(f"{{{name}}}", "x")
    if not text:
        yield f"{what} is not named. It may be {{application}}-{{environment}}."
    elif "{" in bare or "}" in bare:
        yield f"{what}, “{text}”: braces hold {{application}} or {{environment}} alone."
    elif not re.fullmatch(pattern, bare):
        yield f"{what} cannot be called “{text}”: {rule}"


def url_problems(what: str, text: str, *, local: bool = False) -> Iterator[str]:
    """Give what is wrong with an address. `local`: without TLS it may be this machine's alone."""
    parts = urlsplit(text)
    is_web = parts.scheme in ("http", "https") and parts.hostname
    if "{host}" in text:
        yield f"{what}, “{text}”, speaks of a host, and a cloud shows none."
    elif text and not is_web:
        yield f"{what}, “{text}”, must begin with https:// and name a host."
    elif text and local and parts.scheme == "http" and parts.hostname not in LOCAL:
        yield f"{what}, “{text}”, must begin with https://: keys are sent there."
    if parts.username or parts.password:
        yield f"{what} holds a password; people can read it there."
