"""The connection test, as a page tells of it."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest

from deployments.exceptions import DeploymentError, HostError, Invalid
from deployments.models import Environment, Host, Person, Placement
from deployments.runner.hosts import ChangedHostKey, LoginRefused, UnknownHostKey
from deployments.runner.probe import Facts, HostKey
from deployments.services import hosts

ENTERED = "entered"  # the session's key for the hosts that a test has signed in to


@dataclass(frozen=True)
class Trial:
    """What came of a test: facts, or a fault; of an unknown key also the key, to be accepted."""

    host: Host
    facts: Facts | None = None
    fault: str = ""
    detail: str = ""  # the lines below the fault
    changed: bool = False
    key: HostKey | None = None
    known: bool = False  # the key is accepted already
    line: str = ""  # to be added to authorized_keys
    refused: str = ""  # why this person may not accept the key


def try_connection(request: HttpRequest, placement: Placement, person: Person) -> Trial:
    """Sign in to the host, and remember for this session whether it let Shipmate in."""
    host = placement.host
    mark = _mark(placement.environment, host)
    passed = set(request.session.get(ENTERED, []))
    try:
        found = Trial(host, facts=hosts.test(placement, person))
    except LoginRefused:
        found = _shut_out(placement)
    except (HostError, Invalid) as error:
        found = _fault(host, person, error)
    ok = found.facts is not None and not found.facts.fault
    request.session[ENTERED] = sorted(passed | {mark} if ok else passed - {mark})
    return found


def entered(request: HttpRequest, environment: Environment) -> set[str]:
    """Return the names of the hosts that a test of this session has signed in to, with this key."""
    passed = set(request.session.get(ENTERED, []))
    placed = [placement.host for placement in environment.placements.select_related("host")]
    return {host.name for host in placed if _mark(environment, host) in passed}


def seen_key(host: Host, person: Person) -> Trial:
    """Look at the key that the host shows, without signing in."""
    try:
        key = hosts.scan(host, person)
    except (HostError, Invalid) as error:
        return _fault(host, person, error)
    known = hosts.is_accepted(host, key)
    return Trial(host, key=key, known=known, refused=hosts.refusal(person, "force", host))


def _fault(host: Host, person: Person, error: DeploymentError) -> Trial:
    first, _, rest = str(error).partition("\n")
    if isinstance(error, UnknownHostKey):
        refused = hosts.refusal(person, "force", host)
        return Trial(host, key=HostKey(error.key_line, error.fingerprint), refused=refused)
    return Trial(host, fault=first, detail=rest, changed=isinstance(error, ChangedHostKey))


def _shut_out(placement: Placement) -> Trial:
    host, environment = placement.host, placement.environment
    fault = f"{host} does not let “{host.user}” in with the key of {environment}."
    return Trial(host, fault=fault, line=environment.ssh_key.public)


def _mark(environment: Environment, host: Host) -> str:
    """Name the sign-in, so that another key, address or user makes it a new one."""
    key = environment.ssh_key.fingerprint if hasattr(environment, "ssh_key") else ""
    return f"{environment.pk} {host.user}@{host.address}:{host.port} {key}"
