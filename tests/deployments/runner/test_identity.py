"""What programs that speak SSH find in their home."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from deployments.runner import identity, keys
from deployments.runner.hosts import Target

KEY, OTHER = keys.generate(), keys.generate()
WEB = Target("web-1", "10.0.0.1", 22, "deploy", "", (f"{KEY.public}", OTHER.public))
DB = Target("db-1", "fd00::1", 2222, "postgres", "", (KEY.public,))


@pytest.fixture
def home(tmp_path: Path) -> Path:
    made = tmp_path / "a home"
    made.mkdir()
    return made


def meant(home: Path, host: str) -> dict[str, str]:
    """Return what OpenSSH itself makes of the configuration."""
    said = subprocess.run(
        ["ssh", "-F", str(home / identity.CONFIG), "-G", host],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return dict(line.partition(" ")[::2] for line in said.splitlines())


@pytest.mark.sshd
@pytest.mark.parametrize("name", ["web-1", "10.0.0.1"])
def test_a_host_goes_by_its_name_and_its_address(home: Path, name: str) -> None:
    identity.write(home, KEY.private, [WEB, DB], at=home)

    found = meant(home, name)

    assert (found["hostname"], found["port"], found["user"]) == ("10.0.0.1", "22", "deploy")
    assert found["identityfile"] == f"{home}/.ssh/shipmate"
    assert found["stricthostkeychecking"] in ("true", "yes")
    assert found["userknownhostsfile"] == f"{home}/.ssh/known_hosts"
    assert found["forwardagent"] == "no"


@pytest.mark.sshd
def test_an_agent_is_handed_on_to_the_hosts_alone(home: Path) -> None:
    identity.write(home, KEY.private, [WEB], at=home, hands_on=True)

    assert meant(home, "web-1")["forwardagent"] == "yes"
    assert meant(home, "elsewhere.example.com")["forwardagent"] == "no"


@pytest.mark.sshd
def test_accepted_keys_are_known_by_address_and_port(home: Path) -> None:
    identity.write(home, "", [WEB, DB], at=home)

    for place, count in (("10.0.0.1", 2), ("[fd00::1]:2222", 1), ("10.0.0.2", 0)):
        found = subprocess.run(
            ["ssh-keygen", "-F", place, "-f", str(home / ".ssh/known_hosts")],
            capture_output=True,
            text=True,
            check=False,
        ).stdout
        assert found.count("ssh-ed25519") == count


def test_all_of_it_is_for_its_owner_alone(home: Path) -> None:
    identity.write(home, KEY.private, [WEB], at=home)

    kept = [home / ".ssh", *(home / ".ssh").iterdir()]
    assert sorted(path.name for path in kept) == [".ssh", "config", "known_hosts", "shipmate"]
    assert [path.name for path in kept if path.stat().st_mode & 0o077] == []


def test_without_a_key_none_is_named(home: Path) -> None:
    identity.write(home, "", [WEB], at=home)

    assert "IdentityFile" not in (home / identity.CONFIG).read_text()


@pytest.mark.sshd
def test_ssh_in_front_of_the_path_has_the_configuration(home: Path) -> None:
    identity.write(home, KEY.private, [WEB], at=home)
    identity.put_first(home / "bin", home / identity.CONFIG, at=home / "bin")

    said = subprocess.run(
        ["ssh", "-G", "web-1"],
        env={"PATH": f"{home}/bin:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout

    assert "hostname 10.0.0.1\n" in said
