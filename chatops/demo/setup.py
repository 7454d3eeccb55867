"""What the demo has in its database: people, the app `hello`, its environments and hosts."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from bots import rooms
from chatops.demo.options import Login, Options, keys_for
from chatops.demo.ssh_hosts import USER, DemoHost, client_key
from deployments import vault
from deployments.exceptions import Invalid
from deployments.forges.locations import validate_location
from deployments.models import (
    Application,
    Environment,
    Host,
    Person,
    Placement,
    Repository,
    Role,
    SshKey,
)
from deployments.runner import keys
from deployments.runner.probe import scan_host_key

ADMIN = "admin"
ROOM = "deploys"
NAME = "demo/hello"
Say = Callable[[str], None]
COMMANDS = {
    "build": ["bin/build"],
    "once": ["bin/migrate"],
    "once_role": "db",
    "restart": ["bin/restart"],
    "check": ["bin/check"],
}
ROLES = {"web-1": ["web", "db"], "web-2": ["web"], "web-3": ["web"]}


@dataclass(frozen=True)
class Machine:
    """A host to deploy to: who signs in where, the keys it has shown, what it is for."""

    login: Login
    host_keys: list[str]
    roles: list[str]


def make_admin(folder: Path) -> str:
    """Return the administrator's password, which stands 0600 in the state folder."""
    path = folder / "admin-password"
    if not path.exists() or not path.stat().st_size:
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(9), encoding="ascii")
    password = path.read_text(encoding="ascii")
    person, made = Person.objects.get_or_create(username=ADMIN, defaults={"name": "Ada Min"})
    if made or not person.check_password(password):
        person.set_password(password)
        person.save(update_fields=["password"])
    Role.objects.get_or_create(
        person=person, application=None, environment=None, defaults={"name": "admin"}
    )
    return password


def make_hello(repository: Path, hosts: list[DemoHost], folder: Path) -> None:
    """Make the app `hello` with one host in qa and three in production."""
    app = _application(str(repository), COMMANDS)
    machines = {host.name: _own(host) for host in hosts}
    private = client_key(folder)
    _environment(app, "qa", [machines["qa-1"]], private, position=1)
    production = [machines[name] for name in ROLES]
    _environment(app, "production", production, private, position=2, production=True)
    rooms.make(ROOM)


def make_yours(options: Options, say: Say) -> Environment:
    """Make the app `hello` of somebody's own repository and hosts."""
    name = PurePosixPath(options.repository).name.removesuffix(".git") or options.repository
    app = _application(options.repository, {"path": "~/shipmate-demo/{host}", "keep": 3}, name)
    private = options.key.read_text(encoding="utf-8", errors="replace") if options.key else ""
    machines = [Machine(login, _host_keys(login, options, say), []) for login in options.hosts]
    rooms.make(ROOM)
    return _environment(app, "production", machines, private, position=1, production=True)


def follow_ports(hosts: list[DemoHost]) -> None:
    """Note where the hosts listen now: one whose port was taken has moved."""
    for host in hosts:
        Host.objects.filter(name=host.name).update(port=host.port)


def _host_keys(login: Login, options: Options, say: Say) -> list[str]:
    if options.host_keys is not None:
        known = keys_for(login, options.host_keys)
        if not known:
            place = f"[{login.address}]:{login.port}"
            raise Invalid(f"{options.host_keys} has no key for {place}.")
        return known
    shown = scan_host_key(login.address, login.port)
    say(f"accepting the host key of {login.address}:{login.port}: {shown.fingerprint}")
    return [shown.line]


def _own(host: DemoHost) -> Machine:
    login = Login(host.name, USER, host.address, host.port)
    return Machine(login, [host.host_key_line], ROLES.get(host.name, ["web", "db"]))


def _application(location: str, commands: dict[str, Any], name: str = NAME) -> Application:
    repository, _ = Repository.objects.get_or_create(
        location=validate_location(location), defaults={"name": name[:200]}
    )
    app, made = Application.objects.get_or_create(
        name="hello",
        defaults={"repository": repository, "settings": commands, "default_environment": "qa"},
    )
    if not made and app.repository.name == NAME and not Path(app.repository.location).exists():
        # The folder of the whole installation has moved.
        Application.objects.filter(pk=app.pk).update(repository=repository)
    return app


def _environment(
    app: Application, name: str, machines: list[Machine], private: str, **values: Any
) -> Environment:
    environment, _ = Environment.objects.get_or_create(application=app, name=name, defaults=values)
    pair = keys.read(private, comment=f"shipmate {environment}")
    SshKey.objects.update_or_create(
        environment=environment,
        defaults={
            "public": pair.public,
            "fingerprint": pair.fingerprint,
            "private_encrypted": vault.encrypt(pair.private),
        },
    )
    for machine in machines:
        _place(environment, machine)
    return environment


def _place(environment: Environment, machine: Machine) -> None:
    """Place the host; a demo host's port may have moved since the last start."""
    login = machine.login
    host, _ = Host.objects.update_or_create(
        name=login.name,
        defaults={
            "address": login.address,
            "port": login.port,
            "user": login.user,
            "host_keys": "\n".join(machine.host_keys),
        },
    )
    Placement.objects.get_or_create(
        environment=environment, host=host, defaults={"roles": machine.roles}
    )
