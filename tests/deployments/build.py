"""Named people, an application with code, and deployments in any state, for tests to begin from."""

from __future__ import annotations

import tempfile
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone

from deployments.models import (
    Application,
    Change,
    Deployment,
    Environment,
    Host,
    LogChunk,
    Person,
    PhaseRun,
    Placement,
    Role,
)
from deployments.models import Repository as RepositoryRow
from deployments.services import credentials, workers
from tests.servers.repositories import Repository

PASSWORD = "correct horse battery staple"
HOST_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB0kYvYyHmuPIGmPIjsYEXSDxVm4sRsAvpPbSjGdnT3m"
ROLES = {"alice": "deployer", "bob": "viewer", "dora": "maintainer", "root": "admin"}


def person(name: str) -> Person:
    """Make alice (deployer), bob (viewer), dora (maintainer), root (admin) or a stranger."""
    made = Person.objects.create_user(name, password=PASSWORD, name=name.capitalize())
    if name in ROLES:
        Role.objects.create(person=made, name=ROLES[name])
    return made


def repository(path: Path, name: str = "hello") -> Repository:
    """Give a repository with three commits on main and a tag on the second."""
    return _written().copied(path / f"{name}.git")


@cache
def _written() -> Repository:
    """Write it once in this process: to copy it takes a twentieth of the time."""
    made = Repository(Path(tempfile.mkdtemp(dir=settings.STATE)) / "hello.git")
    made.commit({"README": "hello\n", "app.py": "print('one')\n"}, "Say hello")
    second = made.commit({"app.py": "print('two')\n"}, "Say it twice")
    made.tag("v2", second)
    made.commit({"app.py": "print('three')\n", "new.txt": "new\n"}, "Say it three times")
    made.git("-c", "repack.writeBitmaps=false", "repack", "-adnq")  # few files are quick to copy
    made.git("pack-refs", "--all")
    return made


def application(name: str, location: Path, **settings: Any) -> Application:
    row = RepositoryRow.objects.create(location=str(location), name=f"acme/{name}")
    usual = {"build": ["make"], "restart": ["systemctl restart web"]}
    return Application.objects.create(name=name, repository=row, settings={**usual, **settings})


def environment(
    app: Application, name: str, hosts: int = 1, position: int = 0, **fields: Any
) -> Environment:
    """Make an environment that nothing stands in the way of: hosts with accepted keys, a key."""
    made = Environment.objects.create(application=app, name=name, position=position, **fields)
    for number in range(1, hosts + 1):
        place(made, f"{app.name}-{name}-{number}"[-63:])  # as long as a name may be
    credentials.make_key(made, maker())
    return made


def place(environment: Environment, name: str) -> Placement:
    host = Host.objects.create(name=name, address=f"{name}.invalid", host_keys=HOST_KEY)
    return Placement.objects.create(environment=environment, host=host, roles=["web"])


def maker() -> Person:
    """Return an administrator who only makes things ready."""
    made, new = Person.objects.get_or_create(username="maker", defaults={"name": "Maker"})
    if new:
        Role.objects.create(person=made, name="admin")
    return made


def deployment(environment: Environment, person: Person, sha: str, **fields: Any) -> Deployment:
    """Write a deployment in any state, with the times that such a one has."""
    status = fields.setdefault("status", "success")
    now = timezone.now()
    if status not in ("pending", "queued"):
        fields.setdefault("started_at", now - timedelta(minutes=5))
    if status not in ("pending", "queued", "in_progress"):
        fields.setdefault("finished_at", now - timedelta(minutes=4))
    if status == "in_progress":
        fields.setdefault("lease_until", now + timedelta(seconds=50))
    fields = {"ref": "main", "via": "web", "previous": environment.current, **fields}
    made = Deployment.objects.create(environment=environment, person=person, sha=sha, **fields)
    change(made, new="pending", person=person, via="web")
    if status != "pending":
        change(made, old="pending", new=status, reason=made.reason, note=made.note)
    return made


def live(environment: Environment, person: Person, sha: str, **fields: Any) -> Deployment:
    """Write a deployment that succeeded and is what runs, on all hosts."""
    made = deployment(environment, person, sha, **fields)
    Environment.objects.filter(pk=environment.pk).update(current=made)
    environment.placements.update(current=made)
    environment.refresh_from_db()
    return made


def says(environment: Environment, sha: str, *hosts: str) -> None:
    """Let hosts have said that they run this commit."""
    placed = environment.placements.filter(host__name__in=hosts)
    placed.update(says=sha, heard_at=timezone.now())


def switched(environment: Environment, person: Person, sha: str, *hosts: str) -> Deployment:
    """Write a deployment that failed behind the switch of these hosts, or of all."""
    made = deployment(environment, person, sha, status="failure", reason="health")
    placed = (
        environment.placements.filter(host__name__in=hosts) if hosts else environment.placements
    )
    placed.update(current=made)
    return made


def change(deployment: Deployment, verb: str = "deployment.status", **fields: Any) -> Change:
    return Change.objects.create(
        verb=verb,
        deployment=deployment,
        environment=deployment.environment,
        application=deployment.environment.application,
        **fields,
    )


def phase(deployment: Deployment, name: str, position: int, *states: str, **fields: Any) -> None:
    """Write a phase with one state for each host of the environment."""
    hosts = deployment.environment.placements.order_by("host__name")
    now = timezone.now()
    for placement, status in zip(hosts, states, strict=True):
        begun = None if status == "waiting" else now - timedelta(seconds=60 - 10 * position)
        ended = begun and status not in ("starting", "running")
        PhaseRun.objects.create(
            deployment=deployment,
            host=placement.host.name,
            phase=name,
            position=position,
            status=status,
            started_at=begun,
            finished_at=begun + timedelta(seconds=8) if begun and ended else None,
            **{"code": 0 if status == "success" else None, **fields},
        )


def log(deployment: Deployment, text: str, host: str = "web-1", phase: str = "build") -> LogChunk:
    """Add output to the log as the writer does."""
    lines = text.count("\n") + (not text.endswith("\n"))
    deployment.log_seq += 1
    chunk = LogChunk.objects.create(
        deployment=deployment,
        seq=deployment.log_seq,
        host=host,
        phase=phase,
        offset=0,
        first_line=deployment.log_lines + 1,
        text=text,
    )
    deployment.log_lines += lines
    deployment.save(update_fields=["log_seq", "log_lines"])
    return chunk


def worker() -> None:
    """Let a deploy worker have been heard of just now."""
    workers.beat("deploy")


def long_ago() -> datetime:
    return timezone.now() - timedelta(minutes=3)
