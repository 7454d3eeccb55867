"""One command on the demo's SSH target: a process, and the pumps between it and its channel."""

from __future__ import annotations

import contextlib
import os
import select
import subprocess
import threading
from collections.abc import Callable
from typing import IO, cast

import paramiko

from chatops.demo.ssh_hosts import USER, DemoHost

CHUNK = 1 << 16
# How often a pump looks up when nothing moves, and how long a command's channel stays open for
# children that it left behind.
TICK = 0.25


def environment_of(host: DemoHost) -> dict[str, str]:
    """Return all that a command finds in its environment; nothing is inherited."""
    return {
        "HOME": str(host.home),
        "TMPDIR": str(host.scratch),
        "PATH": "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin",
        "USER": USER,
        "LOGNAME": USER,
        "SHELL": "/bin/sh",
        "LANG": "C.UTF-8",
    }


def start_process(host: DemoHost, command: bytes) -> subprocess.Popen[bytes]:
    """Start a shell for this command in a session of its own, so that it outlives the target."""
    return subprocess.Popen(
        [b"/bin/sh", b"-c", command],
        bufsize=0,
        cwd=host.home,
        env=environment_of(host),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        umask=0o022,
    )


class Command:
    """A process with one thread for what goes in and one for what comes out."""

    def __init__(self, channel: paramiko.Channel, process: subprocess.Popen[bytes]) -> None:
        self.channel = channel
        self.process = process
        self.stdin = cast(IO[bytes], process.stdin)
        self.stdout = cast(IO[bytes], process.stdout)
        self.stderr = cast(IO[bytes], process.stderr)
        self.accepted = threading.Event()
        channel.settimeout(1)

    def start(self) -> None:
        """Begin to pump."""
        for work in (self._take_input, self._give_output):
            threading.Thread(target=work, daemon=True).start()

    def _take_input(self) -> None:
        descriptor = self.stdin.fileno()
        os.set_blocking(descriptor, False)
        poller = select.poll()
        poller.register(descriptor, select.POLLOUT)
        with contextlib.suppress(OSError, EOFError, paramiko.SSHException):
            while data := self._receive():
                self._write(poller, data)
        self.stdin.close()

    def _receive(self) -> bytes:
        while True:
            try:
                return self.channel.recv(CHUNK)
            except TimeoutError:
                continue

    def _write(self, poller: select.poll, data: bytes) -> None:
        # What the process no longer reads is thrown away: a full window would hold up the
        # client's end of the channel.
        rest = memoryview(data)
        with contextlib.suppress(BrokenPipeError):
            while rest and not self.channel.closed:
                if poller.poll(TICK * 1000):
                    rest = rest[os.write(self.stdin.fileno(), rest) :]

    def _give_output(self) -> None:
        # The answer to the request goes first: a client must not see the end of a command that
        # it does not yet know to have begun.
        self.accepted.wait(1)
        with contextlib.suppress(OSError, EOFError, paramiko.SSHException):
            self._pump_output()
        self.stdout.close()
        self.stderr.close()
        code = self.process.wait()
        with contextlib.suppress(OSError, EOFError, paramiko.SSHException):
            self.channel.send_exit_status(code if code >= 0 else 128 - code)
        with contextlib.suppress(OSError, EOFError, paramiko.SSHException):
            self.channel.close()

    def _pump_output(self) -> None:
        streams = {
            self.stdout.fileno(): self.channel.send,
            self.stderr.fileno(): self.channel.send_stderr,
        }
        poller = select.poll()
        for descriptor in streams:
            poller.register(descriptor, select.POLLIN)
        while streams and not self.channel.closed:
            exited = self.process.poll() is not None
            ready = poller.poll(TICK * 1000)
            if exited and not ready:  # a child left behind holds the pipe and is silent
                return
            for descriptor, _ in ready:
                if not self._forward(descriptor, streams[descriptor]):
                    poller.unregister(descriptor)
                    del streams[descriptor]

    def _forward(self, descriptor: int, send: Callable[[bytes], int]) -> bool:
        """Pass on what is there; return False at the end of the stream."""
        data = rest = os.read(descriptor, CHUNK)
        while rest:
            try:
                sent = send(rest)
            except TimeoutError:
                self.process.poll()  # no zombie, however long the client does not read
                continue
            if not sent:
                raise EOFError("the client is gone")
            rest = rest[sent:]
        return bool(data)
