"""The same target with the client that everybody has."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.chatops.demo.ssh_client import Target, eventually

pytestmark = pytest.mark.sshd


def command(target: Target, folder: Path, *options: str) -> list[str]:
    host = target.hosts[0]
    known = folder / "known_hosts"
    known.write_text(f"[{host.address}]:{host.port} {host.host_key_line}\n")
    settings = [
        f"UserKnownHostsFile={known}",
        "StrictHostKeyChecking=yes",
        "BatchMode=yes",
        "ConnectTimeout=20",
    ]
    flags = [part for setting in settings for part in ("-o", setting)]
    key = str(target.folder / "id_ed25519")
    where = ["-p", str(host.port), "-l", "deploy", host.address]
    return ["ssh", "-F", "none", "-i", key, *flags, *options, *where]


def ssh(
    target: Target, folder: Path, *words: str, stdin: bytes = b"", options: tuple[str, ...] = ()
) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [*command(target, folder, *options), *words],
        input=stdin,
        capture_output=True,
        timeout=60,
        check=False,
    )


def test_streams_and_status_are_right(target: Target, tmp_path: Path) -> None:
    done = ssh(target, tmp_path, "cat; echo err >&2; exit 37", stdin=b"in")

    assert (done.stdout, done.stderr, done.returncode) == (b"in", b"err\n", 37)


def test_much_data_arrives_whole(target: Target, tmp_path: Path) -> None:
    data = bytes(range(256)) * (1 << 16)

    assert ssh(target, tmp_path, "cat", stdin=data).stdout == data


def test_quick_commands_end_well_every_time(target: Target, tmp_path: Path) -> None:
    codes = [ssh(target, tmp_path, f"exit {number}").returncode for number in range(1, 11)]

    assert codes == list(range(1, 11))


def test_a_killed_client_leaves_the_command_running(target: Target, tmp_path: Path) -> None:
    script = f"echo on; sleep 1; touch {tmp_path}/marker"
    with subprocess.Popen(
        [*command(target, tmp_path), script], stdout=subprocess.PIPE, stdin=subprocess.PIPE
    ) as client:
        assert client.stdout
        assert client.stdout.read(3) == b"on\n"
        client.kill()

    assert eventually((tmp_path / "marker").exists)


def test_no_terminal_is_given(target: Target, tmp_path: Path) -> None:
    done = ssh(target, tmp_path, "tty", options=("-tt",))

    assert b"PTY allocation request failed" in done.stderr


def test_no_shell_is_given(target: Target, tmp_path: Path) -> None:
    done = ssh(target, tmp_path, options=("-T",), stdin=b"echo in\n")

    assert b"shell request failed" in done.stderr
    assert done.stdout == b""


def test_nothing_is_forwarded(target: Target, tmp_path: Path) -> None:
    done = ssh(target, tmp_path, options=("-W", "127.0.0.1:22"))

    assert b"administratively prohibited" in done.stderr


def test_connections_can_be_shared(target: Target, tmp_path: Path) -> None:
    shared = (
        "-o",
        "ControlMaster=auto",
        "-o",
        f"ControlPath={tmp_path}/c",
        "-o",
        "ControlPersist=5",
    )

    first = ssh(target, tmp_path, "echo 1", options=shared)
    second = ssh(target, tmp_path, "echo 2", options=shared)

    assert (first.stdout, second.stdout) == (b"1\n", b"2\n")
