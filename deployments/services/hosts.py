"""Hosts: where they are, which keys they may show, and whether Shipmate gets in.

A host is shared by the environments it is placed in, so changing it takes the right in each.
"""

from __future__ import annotations

from django.db import transaction

from deployments import changes, rights
from deployments.exceptions import Invalid, NotAllowed
from deployments.models import Environment, Host, Person, Placement
from deployments.rights import LEAST, Right
from deployments.runner import keys, probe
from deployments.runner.hosts import ChangedHostKey, Target
from deployments.runner.probe import Facts, HostKey
from deployments.services import credentials, ledger

WHERE = ("address", "port", "user")
WORDS: dict[Right, str] = {"configure": "change", "force": "accept a key of"}


def add(
    name: str,
    address: str,
    person: Person,
    *,
    port: int = 22,
    user: str = "deploy",
    via: str = "web",
) -> Host:
    """Add a host. Whoever configures something somewhere may: it is of use only once placed."""
    if not rights.may_somewhere(person, "configure"):
        raise NotAllowed(_nowhere(person, "add a host"))
    host = Host(name=name, address=address, port=port, user=user)
    with transaction.atomic():
        ledger.check(host)
        host.save()
        _record("host.added", host, person, new=_login(host), via=via)
    return host


def change(host: Host, person: Person, *, address: str, port: int, user: str) -> None:
    """Change where the host is and who signs in. Accepted keys stay: another machine is refused."""
    require(person, "configure", host)
    with transaction.atomic():
        kept = _locked(host)
        before = {key: getattr(kept, key) for key in WHERE}
        kept.address, kept.port, kept.user = address, port, user
        ledger.check(kept)
        kept.save(update_fields=WHERE)
        after = {key: getattr(kept, key) for key in WHERE}
        ledger.record_differences("host.changed", before, after, person, about=str(kept))


def remove(host: Host, person: Person) -> None:
    """Remove a host that is placed nowhere."""
    require(person, "configure", host)
    with transaction.atomic():
        kept = _locked(host)
        placed = [str(placement.environment) for placement in _placements(kept)]
        if placed:
            raise Invalid(f"{host} is still in {', '.join(placed)}. Take it out there first.")
        _record("host.removed", kept, person, old=_login(kept))
        kept.delete()


def scan(host: Host, person: Person) -> HostKey:
    """Read the key that the host shows now, without trusting it. Another key than the accepted one
    of its kind is refused, loudly."""
    require(person, "configure", host)
    shown = probe.scan_host_key(host.address, host.port)
    _refuse_changed(host, shown)
    return shown


def accept_key(host: Host, line: str, person: Person, *, via: str = "web") -> HostKey:
    """Accept the key that the person has seen, if the host still shows that one."""
    require(person, "force", host)
    seen = keys.blob(line)
    shown = probe.scan_host_key(host.address, host.port)
    if keys.blob(shown.line) != seen:
        raise Invalid(
            f"{host} now shows {shown.fingerprint}, not {keys.fingerprint(line)}, which you saw. "
            "Nothing was accepted. Look at it again, and ask whoever runs the host."
        )
    with transaction.atomic():
        _keep_key(_locked(host), host, shown, person, via)
    host.refresh_from_db(fields=["host_keys"])
    return shown


def is_accepted(host: Host, key: HostKey) -> bool:
    return keys.blob(key.line) in {keys.blob(line) for line in host.host_keys.splitlines()}


def forget_key(host: Host, fingerprint: str, person: Person) -> None:
    """Accept a key no longer."""
    require(person, "configure", host)
    with transaction.atomic():
        kept = _locked(host)
        lines = kept.host_keys.splitlines()
        left = [line for line in lines if keys.fingerprint(line) != fingerprint]
        if left == lines:
            raise Invalid(f"{host} has no accepted key {fingerprint}.")
        Host.objects.filter(pk=kept.pk).update(host_keys="\n".join(left))
        _record("host.forget_key", kept, person, old=fingerprint)


def test(placement: Placement, person: Person) -> Facts:
    """Sign in to the host as a deployment would, and look around. HostError says what is wrong."""
    environment, host = placement.environment, placement.host
    rights.require(person, "configure", environment)
    if not hasattr(environment, "ssh_key"):
        raise Invalid(f"{environment} has no SSH key yet. Make one, then test the connection.")
    return probe.check(
        Target(
            name=host.name,
            address=host.address,
            port=host.port,
            user=host.user,
            private_key=credentials.private_key(environment),
            host_keys=tuple(host.host_keys.splitlines()),
        )
    )


def require(person: Person, right: Right, host: Host) -> None:
    refused = refusal(person, right, host)
    if refused:
        raise NotAllowed(refused)


def refusal(person: Person, right: Right, host: Host) -> str:
    """Say why the person may not do it to this host; empty: they may."""
    if rights.may(person, right):
        return ""
    environments = [placement.environment for placement in _placements(host)]
    lacking = [each for each in environments if not rights.may(person, right, each)]
    if lacking:
        return _shared(person, right, host, environments, lacking)
    if environments or rights.may_somewhere(person, "configure"):
        return ""
    return _nowhere(person, f"{WORDS[right]} {host}")


def _keep_key(kept: Host, asked: Host, shown: HostKey, person: Person, via: str) -> None:
    """Add the key, unless the host became another one or has a different key of this kind."""
    if (kept.address, kept.port) != (asked.address, asked.port):
        raise Invalid(f"The address of {kept} was changed meanwhile. Look at its key again.")
    accepted = kept.host_keys.splitlines()
    if is_accepted(kept, shown):
        return
    _refuse_changed(kept, shown)
    Host.objects.filter(pk=kept.pk).update(host_keys="\n".join([*accepted, shown.line]))
    _record("host.accept_key", kept, person, new=shown.fingerprint, via=via)


def _refuse_changed(host: Host, shown: HostKey) -> None:
    kind = shown.line.split(maxsplit=1)[0]
    accepted = host.host_keys.splitlines()
    same_kind = any(line.split(maxsplit=1)[0] == kind for line in accepted)
    if same_kind and not is_accepted(host, shown):
        raise ChangedHostKey(host.name, shown.line, accepted)


def _placements(host: Host) -> list[Placement]:
    """Return where it is placed, in the order of applications and promotion."""
    rows = host.placements.select_related("environment__application")
    return list(rows.order_by("environment__application__name", "environment__position"))


def _shared(
    person: Person,
    right: Right,
    host: Host,
    environments: list[Environment],
    lacking: list[Environment],
) -> str:
    known = [str(each) for each in environments if rights.may(person, "see", each)]
    others = [] if len(known) == len(environments) else ["what you may not see"]
    first = next((each for each in lacking if str(each) in known), None)
    where = f"For {first} ask" if first else "Ask"
    return (
        f"{person} may not {WORDS[right]} {host}: it serves {', '.join(known + others)}, and it "
        f"takes a {LEAST[right]} of each. {where} {rights.who_may(right, first)}."
    )


def _nowhere(person: Person, what: str) -> str:
    least = LEAST["configure"]
    return f"{person} may not {what}: it takes a {least}. Ask {rights.who_may('configure')}."


def _locked(host: Host) -> Host:
    return Host.objects.select_for_update().get(pk=host.pk)


def _login(host: Host) -> str:
    return f"{host.user}@{host.address}:{host.port}"


def _record(
    verb: str, host: Host, person: Person, *, old: str = "", new: str = "", via: str = "web"
) -> None:
    changes.record(verb, person=person, via=via, subject=str(host), old=old, new=new)
