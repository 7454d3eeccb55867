"""The demo's SSH target: pretended hosts on loopback sockets, each a listener with its own key.

It is OpenSSH in small: public key only, commands only, and what a command leaves running lives
on when the connection or the target ends.
"""

from __future__ import annotations

import argparse
import contextlib
import ipaddress
import logging
import selectors
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import paramiko
from paramiko.common import (
    AUTH_FAILED,
    AUTH_SUCCESSFUL,
    OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED,
    OPEN_SUCCEEDED,
)

from chatops.demo.ssh_command import Command, start_process
from chatops.demo.ssh_hosts import (
    USER,
    DemoHost,
    client_key,
    ensure_hosts,
    host_key_file,
    known_hosts,
    locked,
    move_host,
)

__all__ = ["DemoHost", "client_key", "ensure_hosts", "main", "serve", "wait_until_listening"]

SIGN_IN_SECONDS = 20.0
SIGN_INS_AT_ONCE = 100
WINDOW = 1 << 22
PACKET = 1 << 17


class Wire(paramiko.Transport):
    """The server's end of one connection."""

    _CLIENT_ID = "Shipmate_demo"
    # Paramiko wakes this often only to see whether it was closed; shutting the socket down
    # wakes it at once.
    _active_check_timeout = 5.0

    def __init__(self, sock: socket.socket) -> None:
        super().__init__(sock, default_window_size=WINDOW, default_max_packet_size=PACKET)
        self.unanswered: list[Command] = []

    def _send_user_message(self, data: paramiko.Message) -> None:
        super()._send_user_message(data)  # type: ignore[misc]  # the stubs leave it out
        if threading.current_thread() is self:  # the answer to a request went out
            while self.unanswered:
                self.unanswered.pop().accepted.set()


class Door(paramiko.ServerInterface):
    """What a client may do: show the key, then run commands."""

    def __init__(self, host: DemoHost, key: paramiko.PKey, wire: Wire) -> None:
        self.host = host
        self.key = key
        self.wire = wire
        self.used: set[int] = set()

    def get_allowed_auths(self, username: str) -> str:
        """Name the one way to sign in."""
        return "publickey"

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
        """Let the one user with the one key in; Paramiko hangs up after ten refusals."""
        known = username == USER and key.asbytes() == self.key.asbytes()
        return AUTH_SUCCESSFUL if known else AUTH_FAILED

    def check_channel_request(self, kind: str, chanid: int) -> int:
        """Open sessions, forward nothing."""
        return OPEN_SUCCEEDED if kind == "session" else OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED

    def check_channel_exec_request(self, channel: paramiko.Channel, command: bytes) -> bool:
        """Start the one command of a channel."""
        if channel.chanid in self.used:
            return False
        self.used.add(channel.chanid)
        try:
            running = Command(channel, start_process(self.host, command))
        except (OSError, ValueError):
            return False
        self.wire.unanswered.append(running)
        running.start()
        return True


class Target:
    """All listeners of one folder, in one loop."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.key = paramiko.Ed25519Key.from_private_key_file(str(folder / "id_ed25519"))
        self.selector = selectors.DefaultSelector()
        self.sign_ins = threading.BoundedSemaphore(SIGN_INS_AT_ONCE)
        self.lines: set[socket.socket] = set()
        self.guard = threading.Lock()

    def open(self, host: DemoHost) -> DemoHost:
        """Listen for a host, at another port if its own is taken."""
        try:
            listener = listen(host.address, host.port)
        except OSError:
            host = move_host(self.folder, host.name)
            listener = listen(host.address, host.port)
        key = paramiko.Ed25519Key.from_private_key_file(str(host_key_file(host)))
        self.selector.register(listener, selectors.EVENT_READ, (listener, host, key))
        return host

    def run(self, stop: threading.Event) -> None:
        """Answer until told to stop."""
        while not stop.is_set():
            for event, _ in self.selector.select(0.5):
                self._answer(*event.data)

    def close(self) -> None:
        """Stop listening and hang up; commands live on."""
        for event in list(self.selector.get_map().values()):
            event.data[0].close()
        self.selector.close()
        with self.guard:
            for line in self.lines:
                hang_up(line)

    def _answer(self, listener: socket.socket, host: DemoHost, key: paramiko.PKey) -> None:
        try:
            sock, _ = listener.accept()
            # Paramiko's thread closes its own descriptor whenever it likes; to hang up by that
            # one could hit the next connection, which gets the same number.
            line = sock.dup()
        except OSError:  # gone again, or no descriptor is left: the others go on
            time.sleep(0.05)
            return
        if not self.sign_ins.acquire(blocking=False):
            sock.close()
            line.close()
            return
        threading.Thread(target=self._attend, args=(sock, line, host, key), daemon=True).start()

    def _attend(
        self, sock: socket.socket, line: socket.socket, host: DemoHost, key: paramiko.PKey
    ) -> None:
        with self._held(line):
            try:
                wire = self._sign_in(sock, host, key)
            finally:
                self.sign_ins.release()
            if not wire.is_authenticated():
                hang_up(line)
            # Paramiko holds an open channel only weakly until somebody else does.
            channels: list[paramiko.Channel] = []
            while wire.is_active():
                channel = wire.accept(1)
                channels = [held for held in [*channels, channel] if held and not held.closed]

    @contextlib.contextmanager
    def _held(self, line: socket.socket) -> Iterator[None]:
        """Let `close` hang up this connection for as long as it is attended to."""
        with self.guard:
            self.lines.add(line)
        try:
            yield
        finally:
            with self.guard:
                self.lines.discard(line)
                line.close()

    def _sign_in(self, sock: socket.socket, host: DemoHost, key: paramiko.PKey) -> Wire:
        with contextlib.suppress(OSError):
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        wire = Wire(sock)
        wire.add_server_key(key)
        wire.start_server(event=threading.Event(), server=Door(host, self.key, wire))
        deadline = time.monotonic() + SIGN_IN_SECONDS
        while wire.is_active() and not wire.is_authenticated() and time.monotonic() < deadline:
            time.sleep(0.02)
        return wire


def listen(address: str, port: int) -> socket.socket:
    """Open a listening socket that nobody outside this machine can reach."""
    if not ipaddress.ip_address(address).is_loopback:
        raise ValueError(f"the demo listens on loopback addresses only, not on {address}")
    listener = socket.create_server((address, port), backlog=128)
    listener.setblocking(False)  # a client may be gone again before it is accepted
    return listener


def hang_up(sock: socket.socket) -> None:
    """End a connection; its own thread sees the end and closes the socket."""
    with contextlib.suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)


def serve(
    folder: Path,
    stop: threading.Event | None = None,
    announce: Callable[[list[DemoHost]], None] | None = None,
) -> None:
    """Serve every host of this folder until told to stop; one process may do so at a time."""
    with locked(folder, "serving.lock", wait=False):
        hosts = known_hosts(folder)
        target = Target(folder)
        try:
            hosts = [target.open(host) for host in hosts]
            if announce:
                announce(hosts)
            target.run(stop or threading.Event())
        finally:
            target.close()


def wait_until_listening(folder: Path, timeout: float = 15) -> list[DemoHost]:
    """Return the hosts once all of them answer; ports may have moved since they were made."""
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        hosts = known_hosts(folder)
        if hosts and all(_answers(host) for host in hosts):
            return hosts
        time.sleep(0.1)
    raise TimeoutError("the demo's SSH target does not answer")


def _answers(host: DemoHost) -> bool:
    try:
        with socket.create_connection((host.address, host.port), timeout=2) as probe:
            return probe.recv(64).startswith(b"SSH-2.0-Shipmate_demo")
    except OSError:
        return False


def main(arguments: list[str] | None = None) -> None:
    """Run the target as a process of its own until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(description="Pretended SSH hosts on loopback, for the demo.")
    parser.add_argument("--state", type=Path, required=True, help="where keys and homes are kept")
    parser.add_argument("hosts", nargs="*", help="hosts to make if they are missing")
    options = parser.parse_args(arguments)
    # Paramiko logs a traceback for every client that talks nonsense.
    logging.getLogger("paramiko").setLevel(logging.CRITICAL)
    ensure_hosts(options.state, options.hosts)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    serve(options.state, stop, _print_hosts)


def _print_hosts(hosts: list[DemoHost]) -> None:
    for host in hosts:
        print(f"{host.name} {host.address}:{host.port}", flush=True)


if __name__ == "__main__":
    main()
