from __future__ import annotations

import socket
import stat
from pathlib import Path

import pytest

from chatops.demo import ssh_hosts
from chatops.demo.ssh_hosts import client_key, ensure_hosts, host_key_file, move_host


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_every_host_has_its_own_port_key_home_and_scratch(tmp_path: Path) -> None:
    one, two = ensure_hosts(tmp_path, ["web-1", "web-2"])

    assert one.port != two.port
    assert one.host_key_line != two.host_key_line
    assert one.host_key_line.startswith("ssh-ed25519 AAAA")
    assert len({one.home, one.scratch, two.home, two.scratch}) == 4
    assert one.home.is_dir()
    assert one.scratch.is_dir()


def test_private_keys_are_for_their_owner_only(tmp_path: Path) -> None:
    folder = tmp_path / "target"

    host = ensure_hosts(folder, ["web-1"])[0]

    assert mode(folder) == 0o700
    assert mode(folder / "id_ed25519") == 0o600
    assert mode(host_key_file(host)) == 0o600


def test_nothing_changes_when_asked_again(tmp_path: Path) -> None:
    before = ensure_hosts(tmp_path, ["web-1", "web-2"])
    key = client_key(tmp_path)

    after = ensure_hosts(tmp_path, ["web-1", "web-2"])

    assert after == before
    assert client_key(tmp_path) == key


def test_a_new_host_leaves_the_others_alone(tmp_path: Path) -> None:
    before = ensure_hosts(tmp_path, ["web-1"])

    after = ensure_hosts(tmp_path, ["db-1", "web-1"])

    assert [host.name for host in after] == ["db-1", "web-1"]
    assert after[1:] == before


def test_a_moved_host_keeps_its_key_and_remembers_its_new_port(tmp_path: Path) -> None:
    before = ensure_hosts(tmp_path, ["web-1"])[0]

    moved = move_host(tmp_path, "web-1")

    assert moved.port != before.port
    assert moved.host_key_line == before.host_key_line
    assert ensure_hosts(tmp_path, ["web-1"]) == [moved]


def test_a_taken_port_is_not_chosen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        monkeypatch.setattr(ssh_hosts, "PORTS", [taken.getsockname()[1]])

        with pytest.raises(OSError, match="no free port"):
            ensure_hosts(tmp_path, ["web-1"])


def test_two_hosts_never_get_the_same_port(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    port = ensure_hosts(tmp_path, ["web-1"])[0].port
    monkeypatch.setattr(ssh_hosts, "PORTS", [port])

    with pytest.raises(OSError, match="no free port"):
        ensure_hosts(tmp_path, ["web-2"])


@pytest.mark.parametrize("name", ["", "../x", "a/b", "-web", "Web", "a.b", "web-1\n"])
def test_a_name_that_is_no_host_name_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="cannot be the name"):
        ensure_hosts(tmp_path, [name])
