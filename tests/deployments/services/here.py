"""An application that a program on this machine deploys: no host is needed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from deployments.models import Deployment, Environment
from tests.deployments import build
from tests.deployments.services.world import World, until
from tests.servers.repositories import Program, Repository


def make(folder: Path, **settings: Any) -> World:
    repository = Repository(folder / "shop.git")
    repository.commit({"app.txt": "one\n"}, "Begin")
    said = {"command": "script/deploy {environment} {sha}", **settings}
    app = build.application("shop", repository.path, **said)
    app.provider = "command"
    app.save()
    live = Environment.objects.create(application=app, name="live", position=1)
    return World(live, repository, [], build.person("alice"))


def program(world: World, text: str) -> str:
    """Commit the program that deploys, written for `sh`."""
    return world.commit({"script/deploy": Program(f"#!/bin/sh\n{text}\n".encode())})


def until_it_says(deployment: Deployment, text: str) -> None:
    """Wait for output that is kept."""
    until(lambda: deployment.log_chunks.filter(text__contains=text).exists(), 60)
