from __future__ import annotations

import hashlib
import os
import signal
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path

import paramiko
import psutil
import pytest

from chatops.demo.ssh_hosts import DemoHost, ensure_hosts
from chatops.demo.ssh_target import listen, serve
from tests.chatops.demo.ssh_client import Target, connect, eventually, in_parallel, run, start

pytestmark = pytest.mark.slow

MEGABYTE = 1 << 20


def test_output_complaints_and_exit_status_come_apart(wire: paramiko.Transport) -> None:
    assert run(wire, "echo out; echo err >&2; exit 37") == (b"out\n", b"err\n", 37)


def test_a_command_reads_what_the_client_sends_to_its_end(wire: paramiko.Transport) -> None:
    assert run(wire, "cat; echo done", b"one\0two") == (b"one\0twodone\n", b"", 0)


def test_a_client_may_be_silent_for_a_while(wire: paramiko.Transport) -> None:
    channel = start(wire, "cat")
    time.sleep(1.5)

    channel.sendall(b"late")
    channel.shutdown_write()

    assert channel.recv(10) == b"late"


def test_a_program_can_come_on_standard_input(wire: paramiko.Transport) -> None:
    assert run(wire, "sh", b"echo $((6 * 7))\n") == (b"42\n", b"", 0)


@pytest.mark.parametrize(("name", "status"), [("TERM", 143), ("KILL", 137)])
def test_a_killed_command_ends_with_128_and_the_signal(
    wire: paramiko.Transport, name: str, status: int
) -> None:
    assert run(wire, f"kill -{name} $$")[2] == status


def test_all_output_comes_before_the_exit_status(wire: paramiko.Transport) -> None:
    out, err, status = run(wire, "head -c 300000 /dev/zero; head -c 200000 /dev/zero >&2; exit 3")

    assert (len(out), len(err), status) == (300000, 200000, 3)


def test_the_environment_is_the_hosts_own(wire: paramiko.Transport, host: DemoHost) -> None:
    lines = dict(line.split("=", 1) for line in run(wire, "env")[0].decode().splitlines())
    lines.pop("PWD")  # the shell's own
    lines.pop("_", None)

    assert lines.pop("PATH").startswith("/usr/local/bin:/usr/bin:/bin")
    assert lines == {
        "HOME": str(host.home),
        "TMPDIR": str(host.scratch),
        "USER": "deploy",
        "LOGNAME": "deploy",
        "SHELL": "/bin/sh",
        "LANG": "C.UTF-8",
    }


def test_commands_begin_at_home_with_the_usual_mask(
    wire: paramiko.Transport, host: DemoHost
) -> None:
    assert run(wire, "pwd; umask")[0].decode() == f"{host.home}\n0022\n"


def test_every_command_leads_a_session_of_its_own(wire: paramiko.Transport) -> None:
    pid, session = run(wire, "read -r line </proc/$$/stat; echo $$ ${line##*) }")[0].split()[0:5:4]

    assert pid == session


def test_hosts_do_not_share_a_home(target: Target) -> None:
    for number, host in enumerate(target.hosts):
        with connect(host, target.key) as wire:
            run(wire, f"echo {number} >whoami")

    assert [(host.home / "whoami").read_text() for host in target.hosts] == ["0\n", "1\n"]


def test_twenty_commands_run_side_by_side_on_one_connection(wire: paramiko.Transport) -> None:
    answers = {}

    def ask(number: int) -> None:
        answers[number] = run(wire, "cat; exit 5", b"%d" % number * 50000)

    in_parallel(ask, 20)

    assert answers == {number: (b"%d" % number * 50000, b"", 5) for number in range(20)}


def test_many_connections_are_served_at_once(target: Target, host: DemoHost) -> None:
    answers = set()

    def ask(number: int) -> None:
        with connect(host, target.key) as wire:
            answers.add(run(wire, f"sleep 0.2; echo {number}")[0])

    in_parallel(ask, 12)

    assert answers == {b"%d\n" % number for number in range(12)}


def test_quick_commands_are_always_answered_in_order(wire: paramiko.Transport) -> None:
    for _ in range(50):
        assert run(wire, "exit 7") == (b"", b"", 7)


def test_fifty_megabytes_each_way_arrive_whole_and_leave_no_memory(
    target: Target, wire: paramiko.Transport
) -> None:
    block = os.urandom(MEGABYTE)
    before = psutil.Process(target.process.pid).memory_info().rss
    channel = start(wire, "cat")

    def feed() -> None:
        for _ in range(50):
            channel.sendall(block)
        channel.shutdown_write()

    threading.Thread(target=feed, daemon=True).start()
    got = hashlib.sha256()
    while data := channel.recv(MEGABYTE):
        got.update(data)

    assert got.hexdigest() == hashlib.sha256(block * 50).hexdigest()
    assert channel.recv_exit_status() == 0
    assert psutil.Process(target.process.pid).memory_info().rss - before < 30 * MEGABYTE


def test_a_client_that_does_not_read_holds_up_the_command_and_nothing_else(
    target: Target, wire: paramiko.Transport
) -> None:
    before = psutil.Process(target.process.pid).memory_info().rss
    stalled = start(wire, "cat /dev/zero")

    assert run(wire, "echo fine")[0] == b"fine\n"
    assert psutil.Process(target.process.pid).memory_info().rss - before < 30 * MEGABYTE
    stalled.close()


def test_a_command_that_does_not_read_holds_up_the_client(wire: paramiko.Transport) -> None:
    channel = start(wire, "sleep 30")
    channel.settimeout(1)

    with pytest.raises(TimeoutError):
        channel.sendall(bytes(20 * MEGABYTE))
    channel.close()


def test_what_a_command_no_longer_reads_is_thrown_away(wire: paramiko.Transport) -> None:
    out, _, status = run(wire, "exec <&-; sleep 2; echo over; exit 4", bytes(20 * MEGABYTE))

    assert (out, status) == (b"over\n", 4)


def test_a_child_left_behind_does_not_keep_the_channel(wire: paramiko.Transport) -> None:
    out, _, status = run(wire, "sleep 300 & echo $!; exit 6")

    assert status == 6
    assert psutil.pid_exists(int(out))
    os.kill(int(out), signal.SIGKILL)


def test_children_live_on_when_the_client_vanishes(
    target: Target, host: DemoHost, tmp_path: Path
) -> None:
    wire = connect(host, target.key)
    channel = start(wire, f"setsid sh -c 'sleep 2; touch {tmp_path}/marker' & echo on; sleep 5")
    assert channel.recv(10) == b"on\n"

    wire.close()

    assert eventually((tmp_path / "marker").exists)


def test_pipes_close_when_the_client_vanishes(
    target: Target, host: DemoHost, tmp_path: Path
) -> None:
    wire = connect(host, target.key)
    script = f"while sleep 0.1 && echo on; do :; done; cat; touch {tmp_path}/marker"
    channel = start(wire, f"trap '' PIPE; {script}")
    assert channel.recv(3) == b"on\n"

    wire.close()

    assert eventually((tmp_path / "marker").exists)


def pipes(process: psutil.Process) -> int:
    folder = Path(f"/proc/{process.pid}/fd")
    return sum(
        os.readlink(link).startswith("pipe:") for link in folder.iterdir() if link.is_symlink()
    )


@pytest.mark.parametrize("stdin", [b"", bytes(MEGABYTE)], ids=["silent", "with unread input"])
def test_a_quiet_command_whose_client_is_gone_holds_no_pipe(
    start_target: Callable[..., Target], stdin: bytes
) -> None:
    target = start_target("web-1")
    process = psutil.Process(target.process.pid)
    with connect(target.hosts[0], target.key) as wire:
        channel = start(wire, "echo $$; head -c 5000 >/dev/null; exec sleep 60")
        pid = int(channel.recv(20))
        channel.sendall(stdin)
        assert pipes(process) == 3

    assert eventually(lambda: pipes(process) == 0)
    os.kill(pid, signal.SIGKILL)


def test_no_zombie_stays_when_a_client_does_not_read(wire: paramiko.Transport) -> None:
    stalled = start(wire, "echo $$ >&2; exec head -c 20000000 /dev/zero")
    pid = int(stalled.recv_stderr(20))
    time.sleep(0.5)  # by now the window is full

    psutil.Process(pid).kill()

    assert eventually(lambda: not psutil.pid_exists(pid))


def test_no_zombie_stays_when_the_client_is_gone(target: Target, host: DemoHost) -> None:
    with connect(host, target.key) as wire:
        channel = start(wire, "echo $$; exec sleep 0.5")
        pid = int(channel.recv(20))

    assert eventually(lambda: not psutil.pid_exists(pid))


def test_the_end_of_the_target_leaves_commands_running(
    start_target: Callable[..., Target], tmp_path: Path
) -> None:
    target = start_target("web-1")
    wire = connect(target.hosts[0], target.key)
    channel = start(wire, f"echo on; sleep 1; touch {tmp_path}/marker")
    assert channel.recv(3) == b"on\n"

    assert target.end() == 0

    with pytest.raises(OSError, match="refused"):
        listen_once(target.hosts[0])
    assert eventually((tmp_path / "marker").exists)


def listen_once(host: DemoHost) -> None:
    socket.create_connection((host.address, host.port), timeout=2).close()


def test_a_restart_keeps_keys_and_ports(start_target: Callable[..., Target]) -> None:
    first = start_target("web-1", "web-2")
    with connect(first.hosts[0], first.key) as wire:
        assert run(wire, "true")[2] == 0
    first.end(signal.SIGKILL)

    second = start_target()

    assert second.hosts == first.hosts
    with connect(second.hosts[0], second.key) as wire:
        shown = wire.get_remote_server_key()
    assert f"{shown.get_name()} {shown.get_base64()}" == first.hosts[0].host_key_line


def test_a_host_whose_port_was_taken_moves(
    start_target: Callable[..., Target], tmp_path: Path
) -> None:
    before = ensure_hosts(tmp_path / "target", ["web-1"])[0]

    with socket.create_server((before.address, before.port)):
        moved = start_target("web-1").hosts[0]

    assert moved.port != before.port


def test_a_second_target_for_the_same_folder_is_refused(target: Target) -> None:
    stop = threading.Event()
    stop.set()

    with pytest.raises(BlockingIOError):
        serve(target.folder, stop)


def test_only_loopback_is_listened_on(target: Target) -> None:
    addresses = {
        found.laddr.ip
        for found in psutil.Process(target.process.pid).net_connections()
        if found.status == psutil.CONN_LISTEN
    }

    assert addresses == {"127.0.0.1"}


@pytest.mark.parametrize("address", ["0.0.0.0", "192.0.2.1", "::"])
def test_no_other_address_is_taken(address: str) -> None:
    with pytest.raises(ValueError, match="loopback"):
        listen(address, 0)
