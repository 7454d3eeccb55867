"""A Shipmate, hosts, and one environment for each moment, all of one application.

Imported once Django knows the installation's settings.
"""

from __future__ import annotations

import getpass
import random
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from django.conf import settings
from django.db import connection

from benchmarks.faulty import hosts as machines
from benchmarks.faulty import program
from benchmarks.faulty.hosts import Disk
from benchmarks.faulty.servers import Server
from benchmarks.faulty.shipmate import Shipmate
from deployments.models import (
    Application,
    Deployment,
    Environment,
    Host,
    Person,
    Placement,
    Repository,
    Role,
)
from deployments.services import credentials, lifecycle
from deployments.services.lifecycle import Door
from tests.servers.line import Line
from tests.servers.sshd import Sshd


@dataclass
class Place:
    """An environment with its host, how that is reached, and its disk."""

    environment: Environment
    host: Sshd
    line: Line
    disk: Disk


@dataclass
class World:
    shipmate: Shipmate
    server: Server
    door: Door
    places: list[Place]
    seed: int
    notes: dict[str, list[float]] = field(default_factory=dict)  # seconds that a strike measured

    def ask(self, place: Place, ref: str) -> Deployment:
        return lifecycle.request(place.environment, ref, self.door)

    def note(self, name: str, seconds: float) -> None:
        self.notes.setdefault(name, []).append(seconds)

    @contextmanager
    def locked_database(self) -> Iterator[None]:
        """Hold what every writer needs."""
        if connection.vendor == "sqlite":
            with sqlite3.connect(settings.DATABASES["default"]["NAME"]) as holder:
                holder.execute("BEGIN IMMEDIATE")
                yield
                holder.rollback()
        else:
            with connection.cursor() as cursor:
                cursor.execute("BEGIN")
                cursor.execute("LOCK TABLE deployments_deployment IN ACCESS EXCLUSIVE MODE")
                yield
                cursor.execute("ROLLBACK")


@contextmanager
def made(shipmate: Shipmate, server: Server, *, moments: int, seed: int) -> Iterator[World]:
    """Make hosts, application and environments in a Shipmate that runs."""
    folder = shipmate.folder
    repository = program.make(folder / "noisy.git")
    with machines.running(folder / "hosts", moments) as found:
        disks = [Disk(host) for host in found]
        lines = [Line(host.port) for host in found]
        try:
            app, person = _application(repository.path), _person()
            places = [
                Place(_environment(app, number, host, line, person), host, line, disk)
                for number, (host, line, disk) in enumerate(zip(found, lines, disks, strict=True))
            ]
            credentials.set_secret("TOKEN", program.SECRET, person, application=app)
            yield World(shipmate, server, Door(person, "api"), places, seed)
        finally:
            for line in lines:
                line.close()
            for host, disk in zip(found, disks, strict=True):
                host.kill()
                disk.unmount()


def _person() -> Person:
    person = Person.objects.create_user("faulty", password=None, name="Faulty")
    Role.objects.create(person=person, name="admin")
    return person


def _application(location: Path) -> Application:
    row = Repository.objects.create(location=str(location), name="acme/noisy")
    return Application.objects.create(name="noisy", repository=row, settings=program.commands())


def _environment(app: Application, number: int, host: Sshd, line: Line, by: Person) -> Environment:
    environment = Environment.objects.create(application=app, name=f"at-{number}", position=number)
    row = Host.objects.create(
        name=f"host-{number + 1:02}",
        address=f"host-{number + 1:02}.faulty",
        port=line.port,
        user=getpass.getuser(),
        host_keys=host.host_key,
    )
    Placement.objects.create(environment=environment, host=row, roles=["web"])
    credentials.give_key(environment, host.login.private, by)
    return environment


def dice(seed: int, fault: str) -> random.Random:
    return random.Random(f"{seed}.{fault}")  # noqa: S311  no secret
