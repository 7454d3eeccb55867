"""A target in a process of its own, and a client for it."""

from __future__ import annotations

import io
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

import paramiko

from chatops.demo.ssh_target import DemoHost, client_key, ensure_hosts, wait_until_listening


class Target:
    def __init__(self, folder: Path, *names: str) -> None:
        self.folder = folder
        ensure_hosts(folder, names)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "chatops.demo.ssh_target", "--state", str(folder), *names],
            env=os.environ | {"SHIPMATE_SECRET": "of the parent"},
            stdout=subprocess.DEVNULL,
        )
        self.hosts: list[DemoHost] = []

    @property
    def key(self) -> paramiko.PKey:
        return paramiko.Ed25519Key.from_private_key(io.StringIO(client_key(self.folder)))

    def end(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(10)

    def __enter__(self) -> Target:
        self.hosts = wait_until_listening(self.folder)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.end()


def connect(host: DemoHost, key: paramiko.PKey, user: str = "deploy") -> paramiko.Transport:
    sock = socket.create_connection((host.address, host.port), timeout=10)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    transport = paramiko.Transport(sock)
    transport.start_client(timeout=15)
    try:
        transport.auth_publickey(user, key)
    except paramiko.SSHException:
        transport.close()
        raise
    return transport


def start(wire: paramiko.Transport, command: str) -> paramiko.Channel:
    channel = wire.open_session(window_size=1 << 22, timeout=15)
    channel.settimeout(60)
    channel.exec_command(command)
    return channel


def run(wire: paramiko.Transport, command: str, stdin: bytes = b"") -> tuple[bytes, bytes, int]:
    """Run a command to its end: what it said, what it complained about, its exit status."""
    channel = start(wire, command)
    for begin in range(0, len(stdin), 1 << 18):  # Paramiko copies the rest for every packet
        channel.sendall(stdin[begin : begin + (1 << 18)])
    channel.shutdown_write()
    out = b"".join(iter(lambda: channel.recv(1 << 16), b""))
    err = b"".join(iter(lambda: channel.recv_stderr(1 << 16), b""))
    return out, err, channel.recv_exit_status()


def in_parallel(work: Callable[[int], None], count: int) -> None:
    threads = [threading.Thread(target=work, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)


def eventually(condition: Callable[[], bool], timeout: float = 10) -> bool:
    deadline = time.monotonic() + timeout
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.05)
    return condition()
