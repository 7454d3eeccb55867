"""Three real hosts and an application that is deployed to them, for whole deployments."""

from __future__ import annotations

import getpass
import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import connection

from deployments import tasks
from deployments.models import Deployment, Environment, Host, Person, Placement
from deployments.services import credentials, lifecycle
from deployments.services.lifecycle import Door
from tests.deployments import build
from tests.deployments.services.queueing import drain, lose
from tests.servers import sshd as servers
from tests.servers.repositories import Files, Repository
from tests.servers.sshd import Sshd

NOTHING_TO_DO: dict[str, list[str]] = {"build": [], "restart": []}


@dataclass
class World:
    """An environment `shop/live` with three hosts, and alice, who deploys to it."""

    environment: Environment
    repository: Repository
    hosts: list[Sshd]
    alice: Person

    @property
    def door(self) -> Door:
        return Door(self.alice, "web")

    def settings(self, **values: Any) -> None:
        """Say what a deployment does there."""
        self.environment.settings = {**self.environment.settings, **values}
        self.environment.save(update_fields=["settings"])

    def ask(self, ref: str = "main", hosts: list[str] | None = None) -> Deployment:
        return lifecycle.request(self.environment, ref, self.door, hosts=hosts or [])

    def deploy(self, ref: str = "main", **more: Any) -> Deployment:
        """Ask for a deployment and carry it out in place, by the bell."""
        return self.end(self.ask(ref, **more))

    def release(self) -> Deployment:
        """Commit something new, and deploy that."""
        self.commit({"version": str(Deployment.objects.count())})
        return self.deploy()

    def end(self, deployment: Deployment) -> Deployment:
        drain()
        return self.now(deployment)

    def now(self, deployment: Deployment) -> Deployment:
        return Deployment.objects.select_related("environment__current").get(pk=deployment.pk)

    def roll_back(self, to: Deployment | None = None) -> Deployment:
        self.environment.refresh_from_db()
        return self.end(lifecycle.rollback(self.environment, self.door, to))

    def commit(self, files: Files) -> str:
        return self.repository.commit(files, "Change something")

    def folder(self, host: int = 0) -> Path:
        return self.hosts[host].home / "shop-live"

    def current(self, host: int = 0) -> str:
        """Return the name of the release that the host runs; empty: none."""
        link = self.folder(host) / "current"
        return link.readlink().name if link.is_symlink() else ""

    def releases(self, host: int = 0) -> list[str]:
        return sorted(path.name for path in (self.folder(host) / "releases").iterdir())

    def placements(self) -> list[int | None]:
        """Return the numbers of what the hosts run, as remembered."""
        rows = Placement.objects.filter(environment=self.environment)
        return [row.current_id for row in rows.order_by("host__name")]


@contextmanager
def running(folder: Path, count: int = 3, **options: str) -> Iterator[list[Sshd]]:
    """Run hosts that all let the first one's key in."""
    with ExitStack() as stack:
        hosts = [
            stack.enter_context(servers.running(folder / f"web-{n}", **options))
            for n in range(1, count + 1)
        ]
        for host in hosts:
            (host.folder / "authorized_keys").write_text(hosts[0].login.public + "\n")
        yield hosts


def with_program(folder: Path, name: str, text: str) -> str:
    """Make a PATH on which a program is another one than usual."""
    program = folder / "bin" / name
    program.parent.mkdir()
    program.write_text(text)
    program.chmod(0o755)
    return f"{program.parent}:{os.environ['PATH']}"


# A host that names a process which nobody can end, for as long as there is a mark in its home.
HAUNTED_GREP = """#!/bin/sh
{grep} "$@"
[ ! -e "$HOME/haunted" ] || echo /proc/4194305/stat
"""
LEFT = "web-2: processes are left that could not be ended: 4194305"


@contextmanager
def haunted(folder: Path) -> Iterator[World]:
    """Run hosts of which a test may have any say that a process is left."""
    grep = HAUNTED_GREP.format(grep=shutil.which("grep"))
    with running(folder / "machines", path=with_program(folder, "grep", grep)) as hosts:
        yield make(hosts, folder)


def fresh(hosts: list[Sshd]) -> list[Sshd]:
    """Empty the hosts' homes."""
    for host in hosts:
        shutil.rmtree(host.home)
        host.home.mkdir()
    return hosts


def make(hosts: list[Sshd], folder: Path) -> World:
    repository = Repository(folder / "shop.git")
    repository.commit({"app.txt": "one\n"}, "Begin")
    app = build.application("shop", repository.path, **NOTHING_TO_DO)
    environment = Environment.objects.create(application=app, name="live", position=1)
    for number, host in enumerate(hosts, 1):
        _place(environment, f"web-{number}", host)
    credentials.give_key(environment, hosts[0].login.private, build.maker())
    return World(environment, repository, hosts, build.person("alice"))


def _place(environment: Environment, name: str, host: Sshd) -> None:
    row = Host.objects.create(
        name=name,
        address="127.0.0.1",
        port=host.port,
        user=getpass.getuser(),
        host_keys=host.host_key,
    )
    Placement.objects.create(environment=environment, host=row, roles=["web"])


class Meanwhile:
    """A deployment that is carried out in a thread, to do something to it meanwhile."""

    def __init__(self, deployment: Deployment) -> None:
        self.deployment = deployment
        lose()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            tasks.run(self.deployment.pk)
        finally:
            connection.close()

    def end(self, seconds: float = 60) -> Deployment:
        self._thread.join(seconds)
        assert not self._thread.is_alive(), "the deployment did not end"
        return Deployment.objects.get(pk=self.deployment.pk)


def until(condition: Callable[[], bool], seconds: float = 60) -> None:
    """Wait until something has come about."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come about in time"
        time.sleep(0.02)


def log_of(deployment: Deployment, host: str = "") -> str:
    """Return what was kept of the output."""
    chunks = deployment.log_chunks.order_by("seq")
    return "".join(chunk.text for chunk in (chunks.filter(host=host) if host else chunks))


def states(deployment: Deployment, phase: str) -> list[str]:
    """Return how a phase stands on each host."""
    runs = deployment.phase_runs.filter(phase=phase).order_by("host")
    return list(runs.values_list("status", flat=True))
