"""What the programs have in common: they say what they do, end honestly, and obey a signal."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from typing import NoReturn

ENDED_BY_SIGNAL = 128 + signal.SIGTERM
SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class Refusal(Exception):
    """It was not done. The text says why, and what to do."""


class Ended(BaseException):
    """Somebody ends the deployment. What waits for a cloud may still ask it to stop."""


class Log:
    """Where the program prints: what the cloud prints, and lines of our own between."""

    def __init__(self) -> None:
        self._in_a_line = False

    def write(self, data: bytes) -> None:
        """Pass on what the cloud printed."""
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
        self._in_a_line = not data.endswith(b"\n")

    def say(self, text: str) -> None:
        """Write a line of our own."""
        begin = "\n" if self._in_a_line else ""
        self.write(f"{begin}[shipmate] {text}\n".encode())


_log = Log()
say, write = _log.say, _log.write


def secret(name: str, what: str) -> str:
    """Return a secret from the environment; arguments can be read by every user of a machine."""
    value = os.environ.get(name, "").strip()
    if not value:
        raise Refusal(f"The secret {name} is not set. It is {what}: set it in the settings.")
    return value


def answer(ask: Callable[[], str]) -> int:
    """Print what is asked for and nothing else; what could not be found out begins with a “?”."""
    try:
        write(f"{ask()}\n".encode())
    except Refusal as refusal:
        write(f"? {refusal}\n".encode())
        return 1
    return 0


def carry_out(work: Callable[[], None]) -> int:
    """Do the work; return the exit code that tells how it ended."""
    for number in SIGNALS:
        signal.signal(number, _end)
    try:
        work()
    except Refusal as refusal:
        say(str(refusal))
        return 1
    except Ended:
        return ENDED_BY_SIGNAL
    return 0


def _end(number: int, _frame: object) -> NoReturn:
    # Whoever asks again must not cut short what tells the cloud of it.
    for each in SIGNALS:
        signal.signal(each, signal.SIG_IGN)
    raise Ended(number)
