"""Hosts: shared, so changing one takes the right wherever it is placed; keys are never guessed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from deployments.exceptions import HostError, Invalid, NotAllowed
from deployments.models import Change, Environment, Host, Person, Placement, Role
from deployments.runner import keys
from deployments.runner.hosts import ChangedHostKey, LoginRefused, UnknownHostKey
from deployments.services import credentials, environments, hosts
from tests.deployments import build
from tests.servers import sshd as servers
from tests.servers.sshd import Sshd


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Sshd]:
    with servers.running(tmp_path / "machine") as running:
        yield running


@pytest.fixture
def host(machine: Sshd, dora: Person) -> Host:
    target = machine.target()
    return hosts.add("web-1", target.address, dora, port=target.port, user=target.user)


@pytest.fixture
def placed(host: Host, qa: Environment, dora: Person) -> Placement:
    return environments.place(qa, host, ["web"], dora)


def maintainer_of(person: Person, environment: Environment) -> Person:
    Role.objects.create(person=person, name="maintainer", environment=environment)
    return person


def test_a_host_is_added_by_whoever_maintains_something(alice: Person, qa: Environment) -> None:
    hosts.add("web-9", "web-9.invalid", maintainer_of(alice, qa))

    assert Change.objects.get(verb="host.added").new == "deploy@web-9.invalid:22"


def test_a_deployer_adds_no_host(alice: Person, dora: Person) -> None:
    with pytest.raises(NotAllowed, match=r"Ask dora\."):
        hosts.add("web-9", "web-9.invalid", alice)


@pytest.mark.parametrize(
    "wrong",
    [{"address": "-oProxyCommand=id"}, {"address": "a b"}, {"port": 70_000}, {"user": "-l"},
     {"name": "WEB"}],
)  # fmt: skip
def test_what_is_no_host_is_refused(dora: Person, wrong: dict[str, str]) -> None:
    with pytest.raises(Invalid):
        hosts.add(**{"name": "web-9", "address": "web-9.invalid", "person": dora, **wrong})  # type: ignore[arg-type]


def test_a_shared_host_takes_the_right_in_each_environment(
    alice: Person, root: Person, qa: Environment, production: Environment
) -> None:
    shared = qa.placements.get().host
    hosts.change(shared, maintainer_of(alice, qa), address="new.invalid", port=22, user="deploy")
    Placement.objects.create(environment=production, host=shared)

    with pytest.raises(NotAllowed) as refused:
        hosts.change(shared, alice, address="evil.invalid", port=22, user="deploy")

    assert "it serves hello/qa, hello/production" in str(refused.value)
    assert "For hello/production ask maker, root." in str(refused.value)
    shared.refresh_from_db()
    assert shared.address == "new.invalid"


def test_what_changes_is_recorded(dora: Person, qa: Environment) -> None:
    host = qa.placements.get().host

    hosts.change(host, dora, address=host.address, port=2222, user="deploy")

    change = Change.objects.get(verb="host.changed")
    assert (change.subject, change.old, change.new) == (f"{host} port", "22", "2222")


def test_only_a_host_that_is_placed_nowhere_is_removed(dora: Person, qa: Environment) -> None:
    placement = qa.placements.get()
    with pytest.raises(Invalid, match="still in hello/qa"):
        hosts.remove(placement.host, dora)

    environments.unplace(placement, dora)
    hosts.remove(placement.host, dora)

    assert not Host.objects.filter(pk=placement.host_id).exists()


@pytest.mark.sshd
def test_the_key_that_was_seen_is_accepted(machine: Sshd, host: Host, dora: Person) -> None:
    seen = hosts.scan(host, dora)

    hosts.accept_key(host, seen.line, dora)

    assert keys.blob(host.host_keys) == keys.blob(machine.host_key)
    assert Change.objects.get(verb="host.accept_key").new == seen.fingerprint


@pytest.mark.sshd
def test_a_key_that_the_host_no_longer_shows_is_not_accepted(host: Host, dora: Person) -> None:
    with pytest.raises(Invalid, match="Nothing was accepted"):
        hosts.accept_key(host, build.HOST_KEY, dora)

    host.refresh_from_db()
    assert host.host_keys == ""


@pytest.mark.sshd
def test_accepting_takes_the_right_in_each_environment(
    host: Host, alice: Person, dora: Person, qa: Environment, production: Environment
) -> None:
    seen = hosts.scan(host, dora)
    for environment in (qa, production):
        environments.place(environment, host, [], dora)

    with pytest.raises(NotAllowed, match="accept a key of web-1"):
        hosts.accept_key(host, seen.line, maintainer_of(alice, qa))


@pytest.mark.sshd
def test_a_changed_key_is_refused_louder_until_the_old_one_is_removed(
    machine: Sshd, host: Host, dora: Person
) -> None:
    old = hosts.accept_key(host, hosts.scan(host, dora).line, dora)
    machine.stop()
    new = machine.new_host_key()
    machine.start()

    with pytest.raises(ChangedHostKey, match="HAS CHANGED"):
        hosts.scan(host, dora)
    with pytest.raises(ChangedHostKey, match="HAS CHANGED"):
        hosts.accept_key(host, new, dora)

    hosts.forget_key(host, old.fingerprint, dora)
    host.refresh_from_db()
    assert hosts.accept_key(host, new, dora).fingerprint == keys.fingerprint(new)


@pytest.mark.sshd
def test_a_host_that_moved_meanwhile_gets_no_key(host: Host, dora: Person) -> None:
    seen = hosts.scan(host, dora)
    Host.objects.filter(pk=host.pk).update(address="elsewhere.invalid")

    with pytest.raises(Invalid, match="changed meanwhile"):
        hosts.accept_key(host, seen.line, dora)


def test_a_line_that_is_no_key_is_refused(dora: Person, qa: Environment) -> None:
    with pytest.raises(Invalid, match="not a public key"):
        hosts.accept_key(qa.placements.get().host, "nonsense", dora)


def test_a_key_is_forgotten(dora: Person, qa: Environment) -> None:
    host = qa.placements.get().host

    hosts.forget_key(host, keys.fingerprint(build.HOST_KEY), dora)

    host.refresh_from_db()
    assert host.host_keys == ""
    assert Change.objects.get(verb="host.forget_key").old == keys.fingerprint(build.HOST_KEY)


@pytest.mark.sshd
def test_a_test_tells_the_unknown_key_then_the_refused_login_then_that_all_is_well(
    machine: Sshd, placed: Placement, dora: Person
) -> None:
    with pytest.raises(UnknownHostKey) as unknown:
        hosts.test(placed, dora)

    hosts.accept_key(placed.host, unknown.value.key_line, dora)
    with pytest.raises(LoginRefused, match="authorized_keys"):
        hosts.test(placed, dora)

    public = placed.environment.ssh_key.public
    (machine.folder / "authorized_keys").write_text(public + "\n")
    assert hosts.test(placed, dora).missing == ()


def test_a_test_without_a_key_says_what_comes_first(dora: Person, qa: Environment) -> None:
    qa.ssh_key.delete()

    with pytest.raises(Invalid, match="Make one"):
        hosts.test(Environment.objects.get(pk=qa.pk).placements.get(), dora)


def test_a_test_takes_the_right_to_configure(alice: Person, qa: Environment) -> None:
    with pytest.raises(NotAllowed):
        hosts.test(qa.placements.get(), alice)


def test_a_host_that_is_away_is_said_to_be(dora: Person, qa: Environment) -> None:
    away = servers.unused_target()
    credentials.make_key(qa, dora)
    placement = qa.placements.get()
    placement.host.address, placement.host.port = away.address, away.port

    with pytest.raises(HostError, match="cannot be reached"):
        hosts.test(placement, dora)
