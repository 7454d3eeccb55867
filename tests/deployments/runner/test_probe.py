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


def test_a_host_without_tar_says_so(tmp_path: Path) -> None:
    path = servers.only_busybox(tmp_path / "bin")
    for tool in ("tar", "gzip"):
        (tmp_path / "bin" / tool).unlink()
    with servers.running(tmp_path / "web-1", path=path) as host:
        facts = probe.check(host.target())

    assert facts.missing == ("tar",)
    assert not facts.gzip


def test_a_home_that_cannot_be_written_says_so(own_host: Sshd) -> None:
    (own_host.home / ".shipmate").write_text("in the way")

    assert not probe.check(own_host.target()).writable


def test_a_login_without_a_shell_says_so(tmp_path: Path) -> None:
    more = "ForceCommand echo This account is currently not available.; exit 1"
    with (
        servers.running(tmp_path / "web-1", more=more) as host,
        pytest.raises(HostError, match="gives no shell"),
    ):
        probe.check(host.target())
