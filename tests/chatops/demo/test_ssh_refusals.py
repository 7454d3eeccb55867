from __future__ import annotations

import io
import queue
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import paramiko
import psutil
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from chatops.demo import ssh_target
from chatops.demo.ssh_hosts import DemoHost, ensure_hosts
from chatops.demo.ssh_target import serve
from tests.chatops.demo.ssh_client import Target, connect, eventually, run, start

pytestmark = pytest.mark.slow


@pytest.fixture
def visitor(host: DemoHost) -> Iterator[paramiko.Transport]:
    """Somebody who has not signed in."""
    transport = paramiko.Transport(socket.create_connection((host.address, host.port)))
    transport.start_client(timeout=15)
    yield transport
    transport.close()


def new_key() -> paramiko.PKey:
    text = Ed25519PrivateKey.generate().private_bytes(
        Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()
    )
    return paramiko.Ed25519Key.from_private_key(io.StringIO(text.decode()))


def test_another_key_is_refused(host: DemoHost) -> None:
    with pytest.raises(paramiko.AuthenticationException):
        connect(host, new_key())


def test_another_user_is_refused(target: Target, host: DemoHost) -> None:
    with pytest.raises(paramiko.AuthenticationException):
        connect(host, target.key, user="root")


def test_a_password_is_no_way_in(visitor: paramiko.Transport) -> None:
    with pytest.raises(paramiko.BadAuthenticationType) as refusal:
        visitor.auth_password("deploy", "deploy")

    assert refusal.value.allowed_types == ["publickey"]


def test_no_key_at_all_is_no_way_in(visitor: paramiko.Transport) -> None:
    with pytest.raises(paramiko.BadAuthenticationType):
        visitor.auth_none("deploy")


def test_after_ten_refusals_the_target_hangs_up(visitor: paramiko.Transport) -> None:
    for _ in range(10):
        with pytest.raises(paramiko.SSHException):
            visitor.auth_publickey("deploy", new_key())

    assert eventually(lambda: not visitor.is_active())


def test_nothing_runs_before_signing_in(visitor: paramiko.Transport) -> None:
    with pytest.raises((paramiko.SSHException, EOFError)):
        visitor.open_session(timeout=5)


@pytest.mark.parametrize(
    "ask",
    [
        lambda channel: channel.get_pty(),
        lambda channel: channel.invoke_shell(),
        lambda channel: channel.invoke_subsystem("sftp"),
        lambda channel: channel.request_x11(),
    ],
    ids=["pty", "shell", "sftp", "x11"],
)
def test_only_commands_are_taken(
    wire: paramiko.Transport, ask: Callable[[paramiko.Channel], object]
) -> None:
    channel = wire.open_session(timeout=5)

    with pytest.raises(paramiko.SSHException, match="closed"):
        ask(channel)


def test_a_client_sets_no_environment(wire: paramiko.Transport) -> None:
    channel = wire.open_session(timeout=5)
    channel.set_environment_variable("NAME", "value")

    channel.exec_command("echo NAME=$NAME")

    assert channel.recv(100) == b"NAME=\n"


def test_nothing_is_forwarded_from_the_host(wire: paramiko.Transport, host: DemoHost) -> None:
    there = (host.address, host.port)

    with pytest.raises(paramiko.ChannelException) as refusal:
        wire.open_channel("direct-tcpip", there, there, timeout=5)

    assert refusal.value.code == paramiko.common.OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED


def test_no_other_kind_of_channel_is_opened(wire: paramiko.Transport) -> None:
    with pytest.raises(paramiko.ChannelException, match="Administratively prohibited"):
        wire.open_channel("tun@openssh.com", timeout=5)


def test_nothing_is_forwarded_to_the_client(wire: paramiko.Transport) -> None:
    with pytest.raises(paramiko.SSHException, match="denied"):
        wire.request_port_forward("127.0.0.1", 0)


def test_a_channel_takes_one_command(wire: paramiko.Transport) -> None:
    channel = start(wire, "sleep 1; echo first")

    with pytest.raises(paramiko.SSHException, match="closed"):
        channel.exec_command("echo second")


def test_a_command_that_cannot_start_is_refused(wire: paramiko.Transport) -> None:
    with pytest.raises(paramiko.SSHException, match="closed"):
        start(wire, "echo \0")

    assert run(wire, "echo fine")[0] == b"fine\n"


NONSENSE = [
    b"",
    b"GET / HTTP/1.1\r\n\r\n",
    b"SSH-1.5-old\r\n",
    b"SSH-2.0-x\r\n",
    b"SSH-2.0-x\r\n\xff\xff\xff\xff" + bytes(64),
    b"SSH-2.0-x\r\n\0\0\0\x0c\x0a\x14" + bytes(10),
    b"\xff" * 5000,
    bytes(range(256)) * 16,
    b"SSH-2.0-x\r\n" + bytes(range(255, -1, -1)) * 16,
]


@pytest.mark.parametrize("words", NONSENSE)
def test_nonsense_from_one_client_does_not_disturb_the_next(
    target: Target, host: DemoHost, words: bytes
) -> None:
    with socket.create_connection((host.address, host.port)) as client:
        client.sendall(words)

    with connect(host, target.key) as wire:
        assert run(wire, "echo fine")[0] == b"fine\n"


def test_clients_that_hang_up_leave_no_thread_and_no_descriptor(
    target: Target, host: DemoHost
) -> None:
    process = psutil.Process(target.process.pid)

    for _ in range(30):
        socket.create_connection((host.address, host.port)).close()

    assert eventually(lambda: process.num_threads() < 12 and process.num_fds() < 40)


def test_running_out_of_descriptors_passes(target: Target, host: DemoHost) -> None:
    process = psutil.Process(target.process.pid)
    limits = process.rlimit(psutil.RLIMIT_NOFILE)
    process.rlimit(psutil.RLIMIT_NOFILE, (process.num_fds() + 2, limits[1]))
    crowd = [socket.create_connection((host.address, host.port)) for _ in range(8)]
    time.sleep(1)

    for client in crowd:
        client.close()
    process.rlimit(psutil.RLIMIT_NOFILE, limits)

    with connect(host, target.key) as wire:
        assert run(wire, "echo fine")[0] == b"fine\n"


def test_a_client_that_says_nothing_does_not_hold_up_others(target: Target, host: DemoHost) -> None:
    with (
        socket.create_connection((host.address, host.port)),
        connect(host, target.key) as wire,
    ):
        assert run(wire, "echo fine")[0] == b"fine\n"


@pytest.fixture
def stop() -> threading.Event:
    return threading.Event()


@pytest.fixture
def served(tmp_path: Path, stop: threading.Event) -> Iterator[Callable[[], DemoHost]]:
    """Serve from this process, where a test may shorten times."""
    ensure_hosts(tmp_path, ["web-1"])
    ready: queue.Queue[list[DemoHost]] = queue.Queue()
    thread = threading.Thread(target=serve, args=(tmp_path, stop, ready.put))

    def begin() -> DemoHost:
        thread.start()
        return ready.get(timeout=10)[0]

    yield begin
    stop.set()
    thread.join(10)


def test_who_does_not_sign_in_in_time_is_sent_away(
    served: Callable[[], DemoHost], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ssh_target, "SIGN_IN_SECONDS", 0.5)
    host = served()

    with socket.create_connection((host.address, host.port), timeout=5) as silent:
        words = b"".join(iter(lambda: silent.recv(4096), b""))

    assert words.startswith(b"SSH-2.0-")


def test_only_so_many_may_sign_in_at_once(
    served: Callable[[], DemoHost], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ssh_target, "SIGN_INS_AT_ONCE", 2)
    host = served()
    silent = [socket.create_connection((host.address, host.port), timeout=5) for _ in range(3)]

    greetings = [client.recv(100) for client in silent]

    assert [greeting[:4] for greeting in greetings] == [b"SSH-", b"SSH-", b""]
    for client in silent:
        client.close()


def test_the_end_of_serving_hangs_up(
    served: Callable[[], DemoHost], stop: threading.Event, tmp_path: Path
) -> None:
    host = served()
    key = paramiko.Ed25519Key.from_private_key_file(str(tmp_path / "id_ed25519"))

    with connect(host, key) as wire:
        stop.set()

        assert eventually(lambda: not wire.is_active())
