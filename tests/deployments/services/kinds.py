"""Each provider with a place to deploy to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shlex import quote
from typing import Any

from deployments.services import credentials
from tests.deployments import build
from tests.deployments.services import clouds, here
from tests.deployments.services import world as world_of
from tests.deployments.services.kind import Kind
from tests.deployments.services.world import World
from tests.servers.sshd import Sshd


class ByLines:
    """One that runs lines of ours; what a deployment does is given for `sh`."""

    name: str
    fault: dict[str, Any]
    begun = "up\n"
    refusal = "ended with 3 on"
    secret = "hunter2-and-more"

    def __init__(self, world: World, folder: Path) -> None:
        self.world, self.gate, self.count = world, folder / "gate", folder / "count"
        self.gate.touch()
        wait = f"while [ ! -e {self.gate} ]; do sleep 0.1; done"
        self.well = f'echo x >>{self.count}; echo up; echo "it is $TOKEN"; {wait}'
        app = world.environment.application
        credentials.set_secret("TOKEN", self.secret, build.maker(), application=app)
        self.does(self.well)

    def does(self, text: str) -> None:
        """Let a deployment do this."""
        raise NotImplementedError

    def heal(self) -> None:
        """Let a deployment of the same commit go well, by other settings."""
        raise NotImplementedError

    def task(self, name: str, text: str) -> None:
        """Let a task do this."""
        raise NotImplementedError

    def fail(self, *, fails: bool = True) -> None:
        if fails:
            self.does("exit 3")
        else:
            self.heal()

    def hold(self) -> None:
        self.gate.unlink()

    def go_on(self) -> None:
        self.gate.touch()

    def begins(self) -> int:
        return len(self.count.read_text().split())


class OverSsh(ByLines):
    name = "ssh"
    fault = {"keep": 0}

    def does(self, text: str) -> None:
        self.world.settings(build=[text])

    def heal(self) -> None:
        self.does(self.well)

    def task(self, name: str, text: str) -> None:
        self.world.settings(tasks={name: {"commands": [text]}})


class ByCommand(ByLines):
    name = "command"
    fault = {"command": "cap {enviroment} deploy"}

    def does(self, text: str) -> None:
        here.program(self.world, text)

    def heal(self) -> None:
        self.world.settings(command="true")

    def task(self, name: str, text: str) -> None:
        self.world.settings(tasks={name: {"commands": [f"sh -c {quote(text)}"]}})


def by_lines(name: str, machines: list[Sshd], folder: Path) -> ByLines:
    if name == "ssh":
        return OverSsh(world_of.make(world_of.fresh(machines[:1]), folder), folder)
    return ByCommand(here.make(folder), folder)


@contextmanager
def of(name: str, machines: list[Sshd], folder: Path) -> Iterator[Kind]:
    if name in ("ssh", "command"):
        yield by_lines(name, machines, folder)
    else:
        with clouds.at(name, folder) as cloud:
            yield cloud
