"""One SSH connection to one host, tuned, with a time-out on everything a host could stall."""

from __future__ import annotations

import logging
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import Any, cast

import paramiko
from paramiko.common import (
    MSG_CHANNEL_DATA,
    MSG_CHANNEL_EXTENDED_DATA,
    OPEN_FAILED_CONNECT_FAILED,
)
from paramiko.ssh_exception import IncompatiblePeer

from deployments.exceptions import HostError
from deployments.runner import keys
from deployments.runner.channels import Channel
from deployments.runner.closing import Closing
from deployments.runner.deadlines import deadlines
from deployments.runner.hosts import LoginRefused, NoSessions, Target
from deployments.runner.room import is_want_of_room

# What may lie unread in a channel: it bounds the memory that a host can take, and still lets
# 10 MB a second through on a line of 200 ms.
WINDOW = 2 * 1024 * 1024
LARGEST_PACKET = 256 * 1024
# Each connection waits with room for so much; one that fills it has more to come.
LITTLE = 2 * 1024
MUCH = 64 * 1024
# A key exchange takes some kilobytes; whoever sends more before the sign-in is no SSH server.
LARGEST_GREETING = 1024 * 1024
FIRST_WORDS = 200  # bytes
# What OpenSSH says instead of a greeting to whom it takes in at another time.
BUSY = ("Exceeded MaxStartups", "Not allowed at this time")
MUTE = "it takes the connection and says nothing. Its sshd may stand still"
OPEN_TIMEOUT = 30.0
PAUSES = (0.02, 0.1, 0.3, 0.6, 1.0)
SEND_TIMEOUT = 60.0
KEEPALIVE = 20

# Elliptic curves only: the older exchanges cost up to 120 ms of CPU a connection.
KEX = (
    "mlkem768x25519-sha256",
    "curve25519-sha256@libssh.org",
    "ecdh-sha2-nistp256",
    "ecdh-sha2-nistp384",
    "ecdh-sha2-nistp521",
)
CIPHERS = ("aes128-gcm@openssh.com", "aes256-gcm@openssh.com", "aes128-ctr", "aes256-ctr")
MACS = ("hmac-sha2-256-etm@openssh.com", "hmac-sha2-512-etm@openssh.com", "hmac-sha2-256")
HOST_KEYS = (
    "ssh-ed25519",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "rsa-sha2-512",
    "rsa-sha2-256",
)
# What Paramiko raises when the other side is gone.
BROKEN = (OSError, EOFError, paramiko.SSHException)
# Every error reaches the caller as an exception; the tracebacks of Paramiko's thread add nothing.
LOG = "deployments.runner.paramiko"
logging.getLogger(LOG).setLevel(logging.CRITICAL)


class ConnectionLost(HostError):
    """A connection that stood is gone, or of no use any more. Another one may do.

    `sent`: the host may have got a whole program, and may be running it.
    """

    code = "lost"

    def __init__(self, text: str, *, sent: bool = True, code: str | None = None) -> None:
        super().__init__(text, code=code)
        self.sent = sent


class Connection(Closing):
    """A signed-in connection. It serves several channels, from several threads."""

    keeps = True

    def __init__(self, target: Target, transport: paramiko.Transport) -> None:
        self.target = target
        self.transport = transport
        self._had_session = False
        self._shells: list[Channel] = []  # that wait for a further program; one at most

    @classmethod
    def open(cls, target: Target, *, timeout: float = 15.0) -> Connection:
        """Connect, check the host's key, sign in; refuse with a HostError that says why."""
        key = keys.signing_key(target.private_key)
        known = tuple(line.split(maxsplit=1)[0] for line in target.host_keys)
        transport = greet(target.address, target.port, timeout=timeout, known=known)
        connection = cls(target, transport)
        try:
            target.check_host_key(shown_key(transport))
            connection._sign_in(key, timeout)
        except BaseException:
            connection.close()
            raise
        return connection

    def _sign_in(self, key: paramiko.PKey, timeout: float) -> None:
        answered = threading.Event()
        with _unreachable(self.target.address, self.target.port):
            self.transport.auth_publickey(self.target.user, key, answered)
            answered.wait(timeout)
            if not self.transport.is_authenticated():
                if answered.is_set() and self.transport.is_active():
                    raise LoginRefused(self.target, keys.read(self.target.private_key).public)
                raise TimeoutError("the host did not answer the sign-in")
        cast(Wire, self.transport.sock).trust()
        self.transport.set_keepalive(KEEPALIVE)

    @property
    def alive(self) -> bool:
        return self.transport.is_active()

    def run(self, program: bytes, *, more_follows: bool = False) -> paramiko.Channel:
        """Hand a program to the host's `sh`, on standard input: no other command is ever sent."""
        channel, sending = None, False
        try:
            with self.deadline(OPEN_TIMEOUT):
                channel = self._open_session()
                self._had_session = True
                channel.exec_command("sh")
            sending = True
            self._give(channel, program, more_follows)
        except Exception as error:  # whatever broke Paramiko's thread is raised here
            if channel is not None:
                hang_up(channel)
            if _is_refusal(error) and not self._had_session:
                raise NoSessions(self.target) from error
            text = f"{self.target.name}: the connection broke: {reason(error)}"
            raise ConnectionLost(text, sent=sending) from error
        return channel

    def run_on(self, shell: Channel, program: bytes) -> None:
        try:
            self._give(shell, program, more_follows=True)
        except Exception as error:
            hang_up(shell)
            text = f"{self.target.name}: the connection broke: {reason(error)}"
            raise ConnectionLost(text) from error

    def keep(self, shell: Channel) -> None:
        # Those who began at once may end at once.
        if self._shells:
            hang_up(shell)
        else:
            self._shells.append(shell)

    def take(self) -> Channel | None:
        shell = self._shells.pop() if self._shells else None
        if shell is not None and (shell.closed or shell.eof_received):
            hang_up(shell)
            return None
        return shell

    def news(self, channel: Channel) -> threading.Event:
        news = threading.Event()
        for stream in (channel.in_buffer, channel.in_stderr_buffer):  # type: ignore[attr-defined]
            stream.set_event(news)
        return news

    def _open_session(self) -> paramiko.Channel:
        """Open one, where a host allows one, as soon as the shell before it has ended."""
        for pause in PAUSES:
            with suppress(paramiko.ChannelException):
                return self.transport.open_session(window_size=WINDOW, timeout=OPEN_TIMEOUT)
            # A shell that only waits makes room.
            if (shell := self.take()) is not None:
                hang_up(shell)
            time.sleep(pause)
        return self.transport.open_session(window_size=WINDOW, timeout=OPEN_TIMEOUT)

    def _give(self, channel: Channel, program: bytes, more_follows: bool) -> None:
        channel.settimeout(SEND_TIMEOUT)
        try:
            with self.deadline(SEND_TIMEOUT):
                channel.sendall(program)
                if not more_follows:
                    channel.shutdown_write()
        except OSError as error:
            # A login without a shell hangs up on this channel only, and what it said is to be read.
            if isinstance(error, TimeoutError) or not self.alive:
                raise

    def deadline(self, seconds: float) -> AbstractContextManager[None]:
        """Close the connection unless the block ends in time: Paramiko has waits without end."""
        return deadlines.within(seconds, self.close)

    def close(self) -> None:
        _close(self.transport)


class Wire:
    """A socket that acknowledges at once, and that takes no more than is reasonable.

    sshd leaves Nagle's algorithm on: its second small packet waits for an acknowledgement, which
    Linux delays by 40 ms. Paramiko asks for the parts of a packet one by one: what came with the
    first is handed out without asking the kernel again.
    """

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._came = b""
        self._taken = 0
        self._room = LITTLE
        self._credit: float = LARGEST_GREETING
        self.first = b""  # what the host said first

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sock, name)

    def trust(self) -> None:
        self._credit = float("inf")

    def recv(self, size: int) -> bytes:
        if size > LARGEST_PACKET or self._credit <= 0:
            raise OSError("the host sends more than SSH allows")
        if self._taken >= len(self._came):
            self._came, self._taken = self._receive(max(size, self._room)), 0
        begin = self._taken
        self._taken += size
        return self._came[begin : self._taken]

    def _receive(self, size: int) -> bytes:
        data = self._sock.recv(size)
        self._room = MUCH if len(data) >= self._room else LITTLE
        self._credit -= len(data)
        if len(self.first) < FIRST_WORDS:
            self.first = (self.first + data)[:FIRST_WORDS]
        if hasattr(socket, "TCP_QUICKACK"):
            self._sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
        return data


def _bounded(feed: Callable[[paramiko.Channel, Any], None]) -> Callable[..., None]:
    """Paramiko announces a window but takes whatever comes; a host must not fill our memory."""

    def checked(channel: paramiko.Channel, message: Any) -> None:
        feed(channel, message)
        if len(channel.in_buffer) + len(channel.in_stderr_buffer) > 2 * WINDOW:
            raise paramiko.SSHException("the host sends more than the window allows")

    return checked


class HostTransport(paramiko.Transport):
    # Idle connections otherwise wake up ten times a second.
    _active_check_timeout = 2
    # Paramiko's own table, with two entries replaced.
    _channel_handler_table = {
        **paramiko.Transport._channel_handler_table,  # type: ignore[attr-defined]
        MSG_CHANNEL_DATA: _bounded(paramiko.Channel._feed),  # type: ignore[attr-defined]
        MSG_CHANNEL_EXTENDED_DATA: _bounded(paramiko.Channel._feed_extended),  # type: ignore[attr-defined]
    }

    def run(self) -> None:
        super().run()
        # What refers to itself stays in memory until Python looks for such things, which is seldom.
        self._handler_table: dict[int, object] = {}
        error: BaseException | None = self.saved_exception
        while error is not None:
            error.__traceback__, error = None, error.__context__


def greet(
    address: str, port: int, *, timeout: float, known: tuple[str, ...] = ()
) -> paramiko.Transport:
    """Connect and exchange keys. Nobody has been signed in and nothing has been checked yet."""
    with _unreachable(address, port):
        sock = socket.create_connection((address, port), timeout=timeout)
        _tune(sock)
        transport = HostTransport(cast(socket.socket, Wire(sock)))
        try:
            _negotiate(transport, timeout, known)
        except BaseException:
            _close(transport)
            raise
    return transport


def hang_up(channel: Channel) -> None:
    """Close a channel, which also fails when the connection under it is gone already."""
    with suppress(*BROKEN):
        channel.close()


def shown_key(transport: paramiko.Transport) -> str:
    key = transport.get_remote_server_key()
    return f"{key.get_name()} {key.get_base64()}"


def reason(error: BaseException) -> str:
    """Return what went wrong in words, for errors that often carry none."""
    if isinstance(error, TimeoutError):
        return str(error) or "no answer in time"
    if isinstance(error, EOFError):
        return "the host closed the connection"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    if isinstance(error, paramiko.ChannelException):
        return f"the host opens no session ({error.text}); its sshd may allow too few: MaxSessions"
    return str(error) or type(error).__name__


def _is_refusal(error: Exception) -> bool:
    """Tell a host that opens no session from one that lacks the room for it at present."""
    return isinstance(error, paramiko.ChannelException) and error.code == OPEN_FAILED_CONNECT_FAILED


def _tune(sock: socket.socket) -> None:
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    # A host that lost its power is noticed after half a minute, on an idle connection as well.
    for name, value in (("TCP_KEEPIDLE", 15), ("TCP_KEEPINTVL", 5), ("TCP_KEEPCNT", 3)):
        if hasattr(socket, name):
            sock.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 30_000)


def _negotiate(transport: paramiko.Transport, timeout: float, known: tuple[str, ...]) -> None:
    transport.set_log_channel(LOG)
    transport.banner_timeout = transport.handshake_timeout = transport.auth_timeout = timeout
    options = transport.get_security_options()
    options.kex = tuple(name for name in KEX if name in options.kex)
    options.ciphers, options.digests = CIPHERS, MACS
    # A host has several keys: it is asked for those kinds first of which one was accepted.
    options.key_types = tuple(sorted(HOST_KEYS, key=lambda name: _spoken(name) not in known))
    # We wait ourselves: Paramiko would wake up ten times a second, and have a thread for the time.
    transport.packetizer.start_handshake = lambda timeout: None  # type: ignore[method-assign]
    settled = threading.Event()
    transport.start_client(settled)
    if settled.wait(timeout) and not transport.is_active():
        raise _why_not(transport)
    if not transport.initial_kex_done:
        is_mute = not cast(Wire, transport.sock).first
        raise TimeoutError(MUTE if is_mute else "the host did not finish its greeting in time")


def _why_not(transport: paramiko.Transport) -> Exception:
    error = transport.get_exception()
    if error is None:
        return paramiko.SSHException("the host closed the connection")
    told = str(error)
    if "protocol banner" in told or "protocol version" in told:
        return paramiko.SSHException(_no_greeting(transport, error.__context__))
    return error


def _no_greeting(transport: paramiko.Transport, error: BaseException | None) -> str:
    """Say what came in place of a greeting."""
    said = cast(Wire, transport.sock).first.decode("utf-8", "replace").strip()
    if any(words in said for words in BUSY):
        return f"its sshd takes in nobody at present: “{said}”. Too many may sign in at once"
    if said:
        return f"what listens there does not speak SSH. It says “{said.splitlines()[0][:80]}”"
    if isinstance(error, TimeoutError):
        return MUTE
    return "it closes the connection without a word. It may be overloaded, or keep this machine out"


def _spoken(algorithm: str) -> str:
    return "ssh-rsa" if algorithm.startswith("rsa-") else algorithm


def _close(transport: paramiko.Transport) -> None:
    # Wakes the thread that reads, which would go on for a while.
    with suppress(OSError):
        transport.sock.shutdown(socket.SHUT_RDWR)
    transport.close()
    transport.sock.close()


@contextmanager
def _unreachable(address: str, port: int) -> Iterator[None]:
    place = f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
    try:
        yield
    except HostError:
        raise
    except IncompatiblePeer as error:
        text = f"{place} offers only outdated encryption: {reason(error)}"
        raise HostError(text, code="settings") from error
    except Exception as error:  # whatever broke Paramiko's thread is raised here
        if is_want_of_room(error):
            raise
        text = f"{place} cannot be reached: {reason(error)}"
        raise HostError(text, code="unreachable") from error
