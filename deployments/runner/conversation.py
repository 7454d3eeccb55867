"""A program on a host that answers with control lines only, and may take a file."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import suppress

from deployments.runner.channels import Connected
from deployments.runner.connection import (
    BROKEN,
    SEND_TIMEOUT,
    ConnectionLost,
    hang_up,
    reason,
)
from deployments.runner.wrapper import ControlLines


class Conversation:
    """Reads control lines, on standard error. Start-up files print to standard output."""

    def __init__(
        self, connection: Connected, program: bytes, nonce: str, *, more_follows: bool = False
    ) -> None:
        self.host = connection.target.name
        self._connection = connection
        self._control = ControlLines(nonce)
        self._heard: list[list[str]] = []
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
                return
            self._heard = self._control.feed(data)

    def line(self, timeout: float) -> list[str]:
        """Return the words of the next control line; without one the connection is of no use."""
        for words in self.lines(timeout):
            return words
        said = self._control.noise.decode("utf-8", "replace").strip()
        raise ConnectionLost(f"{self.host} did not answer. {said}".strip())

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

    def _receive(self, timeout: float) -> bytes:
        self._channel.settimeout(max(0.01, timeout))
        try:
            return self._channel.recv_stderr(4096)
        except BROKEN as error:
            raise ConnectionLost(f"{self.host} did not answer: {reason(error)}") from error
