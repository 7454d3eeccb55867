from __future__ import annotations

import getpass
from pathlib import Path

import pytest

from deployments.exceptions import HostError
from deployments.runner import keys, probe
from tests.servers import sshd as servers
from tests.servers.sshd import Sshd

pytestmark = pytest.mark.sshd


def test_the_key_that_a_host_shows_is_read_without_signing_in(host: Sshd) -> None:
    shown = probe.scan_host_key("127.0.0.1", host.port)

    assert shown.line.split() == host.host_key.split()[:2]
    assert shown.fingerprint == keys.fingerprint(host.host_key)


def test_a_scan_of_nothing_says_so() -> None:
    with pytest.raises(HostError, match="cannot be reached"):
        probe.scan_host_key("127.0.0.1", servers.unused_target().port)


def test_a_host_tells_what_it_is(host: Sshd) -> None:
    facts = probe.check(host.target())

    assert facts.system.startswith("Linux ")
    assert facts.user == getpass.getuser()
    assert facts.home == str(host.home)
    assert (facts.gzip, facts.writable, facts.missing) == (True, True, ())
    assert not facts.fault


def test_a_host_without_tar_says_so(tmp_path: Path) -> None:
    path = servers.only_busybox(tmp_path / "bin")
    for tool in ("tar", "gzip"):
        (tmp_path / "bin" / tool).unlink()
    with servers.running(tmp_path / "web-1", path=path) as host:
        facts = probe.check(host.target())

    assert facts.missing == ("tar",)
    assert not facts.gzip
    assert facts.fault == "web-1 lacks tar: install it there."


def test_a_home_that_cannot_be_written_says_so(own_host: Sshd) -> None:
    (own_host.home / ".shipmate").write_text("in the way")

    facts = probe.check(own_host.target())

    assert not facts.writable
    assert f"cannot write to {own_host.home} on web-1" in facts.fault


def test_a_host_that_cannot_switch_in_one_step_says_so(tmp_path: Path) -> None:
    path = servers.only_busybox(tmp_path / "bin")
    (tmp_path / "bin" / "mv").unlink()
    (tmp_path / "bin" / "mv").write_text('#!/bin/sh\n[ "$1" != -T ] && exec /bin/mv "$@"\n')
    (tmp_path / "bin" / "mv").chmod(0o755)
    with servers.running(tmp_path / "web-1", path=path) as host:
        facts = probe.check(host.target())

    assert facts.fault == "web-1 lacks perl (its mv knows no -T): install it there."
    assert list((host.home / ".shipmate").iterdir()) == []


def test_a_login_without_a_shell_says_so(tmp_path: Path) -> None:
    more = "ForceCommand echo This account is currently not available.; exit 1"
    with (
        servers.running(tmp_path / "web-1", more=more) as host,
        pytest.raises(HostError, match=r"gave no shell .* This account is currently not available"),
    ):
        probe.check(host.target())
