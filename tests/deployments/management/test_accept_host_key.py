"""accept_host_key: look, compare, accept; from a script only with the fingerprint."""

from __future__ import annotations

from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from deployments.models import Change, Host, Person
from deployments.runner import keys
from deployments.services import hosts
from tests.servers import sshd as servers
from tests.servers.sshd import Sshd

pytestmark = pytest.mark.sshd


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Sshd]:
    with servers.running(tmp_path / "machine") as running:
        yield running


@pytest.fixture
def host(machine: Sshd, dora: Person) -> Host:
    return hosts.add("web-1", "127.0.0.1", dora, port=machine.port)


def accept(*arguments: str) -> str:
    out = StringIO()
    call_command("accept_host_key", *arguments, stdout=out)
    return out.getvalue()


def test_the_expected_fingerprint_is_accepted(machine: Sshd, host: Host) -> None:
    fingerprint = keys.fingerprint(machine.host_key)

    out = accept("web-1", "--as", "dora", "--fingerprint", fingerprint)

    host.refresh_from_db()
    assert fingerprint in out
    assert keys.blob(host.host_keys) == keys.blob(machine.host_key)
    assert Change.objects.get(verb="host.accept_key").via == "command"


def test_another_fingerprint_is_not_accepted(host: Host) -> None:
    with pytest.raises(CommandError, match="Nothing was accepted"):
        accept("web-1", "--as", "dora", "--fingerprint", "SHA256:other")

    host.refresh_from_db()
    assert host.host_keys == ""


@pytest.mark.parametrize(("answer", "accepted"), [("yes", True), ("y", False), ("", False)])
def test_without_one_it_asks_for_a_whole_yes(
    host: Host, monkeypatch: pytest.MonkeyPatch, answer: str, accepted: bool
) -> None:
    monkeypatch.setattr("builtins.input", lambda _: answer)
    try:
        accept("web-1", "--as", "dora")
    except CommandError:
        assert not accepted

    host.refresh_from_db()
    assert bool(host.host_keys) is accepted


def test_it_takes_the_right_of_the_person(host: Host, alice: Person) -> None:
    with pytest.raises(CommandError, match="may not accept a key"):
        accept("web-1", "--as", "alice")


@pytest.mark.parametrize("arguments", [("web-7", "--as", "dora"), ("web-1", "--as", "nemo")])
def test_an_unknown_name_is_said(host: Host, arguments: tuple[str, ...]) -> None:
    with pytest.raises(CommandError, match="does not exist"):
        accept(*arguments)
