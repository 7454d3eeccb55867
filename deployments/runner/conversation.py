"""A program on a host that answers with control lines only, and may take a file."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import suppress

from deployments.exceptions import HostError
from deployments.runner.channels import Channel, Connected
from deployments.runner.connection import (
    BROKEN,
    SEND_TIMEOUT,
    ConnectionLost,
    hang_up,
    reason,
)
from deployments.runner.wrapper import ControlLines

# Whoever says something every five seconds and was not heard for so long is as good as gone.
SILENCE = 30.0
# For programs that take their time: called first in main, it lets them say that they are at work.
# The first tells a shell that can start no process from a login without one.
BEATS = r"""
beats() {
  say beat
  while sleep 5 >/dev/null 2>&1 && say beat; do :; done &
  beating=$!
  trap 'kill "$beating" 2>/dev/null' EXIT
}
"""
NO_SHELL_YET = (
    "signed in, but no shell came. A start-up file there, such as ~/.bashrc, may wait for "
    "something, or a disk."
)
# What a login printed is read that far, and the end of it is told.
LONGEST_PRINT = 64 * 1024


class Conversation:
    """Reads control lines, on standard error. Start-up files print to standard output.

    `beat`: the program has BEATS; it is called with each, and nothing else may take longer.
    """

    def __init__(
        self,
        connection: Connected,
        program: bytes,
        nonce: str,
        *,
        more_follows: bool = False,
        beat: Callable[[], None] | None = None,
    ) -> None:
        self.host = connection.target.name
        self._connection = connection
        self._control = ControlLines(nonce)
        self._heard: list[list[str]] = []
        self._was_heard = False
        self._beat = beat
        self._channel = connection.run(program, more_follows=more_follows)

    def __enter__(self) -> Conversation:
        return self

    def __exit__(self, *_: object) -> None:
        hang_up(self._channel)

    def lines(self, timeout: float) -> Iterator[list[str]]:
        """Give the words of each control line until the program ends, in `timeout` altogether."""
        end = time.monotonic() + timeout
        while True:
            while self._heard:
                yield self._heard.pop(0)
            data = self._receive(end - time.monotonic())
            if not data:
                return self._require_shell()
            self._take(self._control.feed(data))

    def line(self, timeout: float) -> list[str]:
        """Return the words of the next control line; without one the connection is of no use."""
        for words in self.lines(timeout):
            return words
        raise self.broken_off()

    def broken_off(self) -> ConnectionLost:
        """Return the error of a program that ended before it said all, with what else was said."""
        noise = self._control.noise.decode("utf-8", "replace").strip()
        return ConnectionLost(f"{self.host} did not answer. {noise}".strip())

    def send(self, data: bytes) -> bool:
        """Send a piece; False when the host hung up, which it then explains in a control line."""
        self._channel.settimeout(SEND_TIMEOUT)
        try:
            with self._connection.deadline(SEND_TIMEOUT):
                self._channel.sendall(data)
        except BROKEN:
            return False
        return True

    def end_input(self) -> None:
        with suppress(*BROKEN):
            self._channel.shutdown_write()

    def _take(self, lines: list[list[str]]) -> None:
        self._was_heard = self._was_heard or bool(lines)
        for words in lines:
            if words != ["beat"]:
                self._heard.append(words)
            elif self._beat is not None:
                self._beat()

    def _receive(self, timeout: float) -> bytes:
        if self._beat is not None:
            timeout = min(timeout, SILENCE)
        self._channel.settimeout(max(0.01, timeout))
        try:
            return self._channel.recv_stderr(4096)
        except BROKEN as error:
            raise ConnectionLost(f"{self.host} did not answer: {self._why(error)}") from error

    def _why(self, error: BaseException) -> str:
        if not isinstance(error, TimeoutError) or self._was_heard:
            return reason(error)
        return f"{NO_SHELL_YET} {printed(self._channel, self._control.noise)}".strip()

    def _require_shell(self) -> None:
        """Tell a login that gives no shell from a program that broke off."""
        code = None if self._was_heard else exit_code(self._channel)
        if code is not None:
            text = no_shell(code, printed(self._channel, self._control.noise))
            raise HostError(f"{self.host}: {text}", code="settings")


def no_shell(code: int, said: str) -> str:
    """Say that the login ended before a shell began."""
    text = f"the login gave no shell (exit {code})"
    text = f"{text}: {said}" if said else text
    if said and code:
        return text
    return (
        f"{text.rstrip('.')}. A start-up file there, such as ~/.bashrc, may end it or read what "
        "the shell is to have; or a forced command (ForceCommand, authorized_keys) or the user's "
        "login shell lets nobody in."
    )


def exit_code(channel: Channel) -> int | None:
    """Return how a program ended; None: it did not, the connection broke."""
    channel.status_event.wait(5)
    return None if channel.exit_status < 0 else channel.exit_status


def printed(channel: Channel, noise: bytes) -> str:
    """Return the end of what a login printed that is none of ours."""
    text = b""
    channel.settimeout(0.0)
    with suppress(*BROKEN):
        text = channel.recv(LONGEST_PRINT)
    return (text + noise).decode("utf-8", "replace").strip()[-500:]
