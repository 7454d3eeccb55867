"""The pages of hosts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import Client

from deployments.models import Environment, Host, Person, Placement, Role
from deployments.runner import keys
from tests.deployments import build
from tests.servers import sshd as servers
from tests.servers.sshd import Sshd

pytestmark = pytest.mark.slow

HOST = "/settings/hosts/web-9/"


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Sshd]:
    with servers.running(tmp_path / "machine") as running:
        yield running


@pytest.fixture
def added(as_dora: Client, machine: Sshd) -> Client:
    """Dora's browser, after she has added the machine."""
    target = machine.target()
    host = {"name": "web-9", "address": target.address, "port": target.port, "user": target.user}
    assert as_dora.post("/settings/hosts/", host).headers["Location"] == f"{HOST}#main"
    return as_dora


def page(client: Client, address: str = HOST) -> str:
    return " ".join(client.get(address).content.decode().split())


def test_no_hosts_yet_says_where_they_are_added(as_dora: Client) -> None:
    assert "No hosts yet" in page(as_dora, "/settings/hosts/")


def test_a_host_is_shown_with_where_it_is_used(as_bob: Client, qa: Environment) -> None:
    listed = page(as_bob, "/settings/hosts/")

    assert "deploy@hello-qa-1.invalid" in listed
    assert "hello/qa" in listed
    assert "Add the host" not in listed


@pytest.mark.sshd
def test_a_host_shows_what_it_says_it_runs(as_dora: Client, alice: Person, qa: Environment) -> None:
    build.live(qa, alice, "a" * 40)
    build.says(qa, "b" * 40, "hello-qa-1")

    assert "record says aaaaaaa, it says bbbbbbb; heard" in page(
        as_dora, "/settings/hosts/hello-qa-1/"
    )


def test_the_key_is_looked_at_and_accepted(added: Client, machine: Sshd) -> None:
    shown = added.post(f"{HOST}scan/").content.decode()
    assert f'name="line" value="{" ".join(machine.host_key.split()[:2])}"' in shown

    added.post(f"{HOST}accept/", {"line": machine.host_key})

    assert keys.fingerprint(machine.host_key) in page(added)
    assert "It is the same machine." in added.post(f"{HOST}scan/").content.decode()


@pytest.mark.sshd
def test_a_maintainer_of_one_of_two_environments_sees_why_not(
    added: Client, alice: Person, qa: Environment, production: Environment
) -> None:
    host = Host.objects.get(name="web-9")
    for environment in (qa, production):
        Placement.objects.create(environment=environment, host=host)
    Role.objects.create(person=alice, name="maintainer", environment=qa)
    added.force_login(alice)

    shown = page(added)

    assert "it serves hello/qa, hello/production" in shown
    assert "Look at the key" not in shown


def test_an_accepted_key_is_removed(as_dora: Client, qa: Environment) -> None:
    address = "/settings/hosts/hello-qa-1/"
    fingerprint = keys.fingerprint(build.HOST_KEY)
    assert fingerprint in page(as_dora, address)

    as_dora.post(f"{address}forget/", {"fingerprint": fingerprint})

    assert "None yet: nothing can be deployed" in page(as_dora, address)


def test_a_host_in_use_is_not_removed(as_dora: Client, qa: Environment) -> None:
    address = "/settings/hosts/hello-qa-1/"

    answer = as_dora.post(f"{address}remove/", HTTP_REFERER=address, follow=True)

    assert "still in hello/qa" in answer.content.decode()


@pytest.mark.sshd
def test_a_host_of_no_use_is_removed(added: Client) -> None:
    added.post(f"{HOST}remove/")

    assert not Host.objects.exists()
    assert added.get(HOST).status_code == 404


def test_a_faulty_address_is_said_and_the_old_one_stays(as_dora: Client, qa: Environment) -> None:
    sent = {"address": "-x", "port": "22", "user": "deploy"}

    shown = as_dora.post("/settings/hosts/hello-qa-1/", sent).content.decode()

    assert "Write a host name or an IP address." in shown
    assert qa.placements.get().host.address == "hello-qa-1.invalid"
