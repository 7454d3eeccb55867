"""Runs on this machine: the same `sh` and the same wrapper as on a host, without a connection.

Each program is a process in a session of its own, so that whatever ends Shipmate's processes, or a
group of them, leaves alone what a run has started.
"""

from __future__ import annotations

import os
import select
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import IO, cast

from deployments.runner.channels import Channel, Connected, Event
from deployments.runner.closing import Closing
from deployments.runner.connection import Connection, ConnectionLost, hang_up, reason
from deployments.runner.hosts import Here, Target


def reach(place: Target | Here) -> Connected:
    """Connect to where the runs are."""
    return LocalConnection(place) if isinstance(place, Here) else Connection.open(place)


class LocalConnection(Closing):
    """Stands for a connection where none is needed; nothing can break it."""

    alive = True
    keeps = False  # a shell here costs little

    def __init__(self, here: Here) -> None:
        self.target = here

    def run(self, program: bytes, *, more_follows: bool = False) -> LocalChannel:
        """Hand a program to `sh`, which knows no more of this process than the place says."""
        if more_follows:
            raise ValueError("nothing is sent to this machine: it has the files")
        try:
            self.target.home.mkdir(mode=0o700, parents=True, exist_ok=True)
            return LocalChannel(self._start(program))
        except OSError as error:
            text = f"{self.target.name}: no program could be started: {reason(error)}"
            raise ConnectionLost(text, sent=False) from error

    def _start(self, program: bytes) -> subprocess.Popen[bytes]:
        # A file without a name, because a pipe would fill up while nobody reads it.
        with tempfile.TemporaryFile(dir=self.target.home) as given:
            given.write(program)
            given.seek(0)
            return subprocess.Popen(
                ["sh", "-s"],
                cwd=self.target.home,
                env={**self.target.environment, "HOME": str(self.target.home)},
                stdin=given,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )

    def run_on(self, shell: Channel, program: bytes) -> None:
        raise ValueError("no shell is kept on this machine")

    def keep(self, shell: Channel) -> None:
        hang_up(shell)

    def take(self) -> None:
        """Return nothing: none is kept."""

    def news(self, channel: Channel) -> Event:
        return cast(LocalChannel, channel).news

    @contextmanager
    def deadline(self, seconds: float) -> Iterator[None]:
        """Do the block: nothing in it waits for anybody."""
        yield

    def close(self) -> None:
        """Do nothing: each program is let go of by whoever follows it."""


class LocalChannel:
    """A process of `sh`, read as the channel of an SSH connection is."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        self._timeout: float | None = None
        self.status_event = _Status(process)
        self.news = _News(process)

    @property
    def eof_received(self) -> bool:
        return True  # no connection under it could end the streams before the program does

    @property
    def closed(self) -> bool:
        return self._process.stdout is None or self._process.stdout.closed

    @property
    def exit_status(self) -> int:
        """Return its exit status; below 0 while it runs, and where a signal ended it."""
        code = self._process.poll()
        return -1 if code is None else code

    def settimeout(self, timeout: float | None) -> None:
        self._timeout = timeout

    def recv(self, nbytes: int) -> bytes:
        return self._read(self._process.stdout, nbytes)

    def recv_stderr(self, nbytes: int) -> bytes:
        return self._read(self._process.stderr, nbytes)

    def recv_stderr_ready(self) -> bool:
        return _is_ready(self._process.stderr, 0)

    def sendall(self, data: bytes) -> None:
        raise OSError("nothing is sent to this machine: it has the files")

    def shutdown_write(self) -> None:
        """Do nothing: the program had all of its input from the beginning."""

    def close(self) -> None:
        """End whoever follows. Runs have sessions of their own and go on."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        for stream in (self._process.stdout, self._process.stderr):
            if stream is not None:
                stream.close()

    def _read(self, stream: IO[bytes] | None, nbytes: int) -> bytes:
        if not _is_ready(stream, self._timeout):
            raise TimeoutError("nothing came in time")
        return os.read(_number(stream), nbytes)


class _Status:
    """Waits for the end of a process."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process

    def wait(self, timeout: float | None = None) -> bool:
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout)
            return True
        return False


class _News:
    """Waits for something on standard output, which alone tells of the end."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process

    def wait(self, timeout: float | None = None) -> bool:
        return _is_ready(self._process.stdout, timeout)


def _is_ready(stream: IO[bytes] | None, seconds: float | None) -> bool:
    """Return whether there is something to read, or its end."""
    waiting = select.poll()
    waiting.register(_number(stream), select.POLLIN)
    return bool(waiting.poll(None if seconds is None else 1000 * seconds))


def _number(stream: IO[bytes] | None) -> int:
    if stream is None or stream.closed:
        raise OSError("the program was let go of")
    return stream.fileno()
