"""Start a run on a host or attach to it, follow its log from an offset, cancel it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal, Protocol

from deployments.runner import wrapper
from deployments.runner.channels import Channel, Connected
from deployments.runner.connection import BROKEN, ConnectionLost, hang_up
from deployments.runner.conversation import (
    NO_SHELL_YET,
    SILENCE,
    Conversation,
    exit_code,
    no_shell,
)

Word = Literal[
    "ended", "lost", "none", "cancelled", "refused", "short", "left", "gone", "broken", "tidied"
]
FINAL_WORDS: dict[str, Word] = {
    "end": "ended",
    "lost": "lost",
    "none": "none",
    "cancelled": "cancelled",
    "refused": "refused",
    "short": "short",
    "left": "left",
    "gone": "gone",
    "tidied": "tidied",
}
# After these words the host tells the exit code and how long its log is.
COUNTED = ("ended", "lost", "cancelled")
POLL = 0.5
CHUNK = 64 * 1024
# Start-up files print before our mark comes; more than this is no greeting.
LONGEST_PREAMBLE = 1024 * 1024


@dataclass(frozen=True)
class Run:
    """One script for one host.

    The id is the permission to run once, and what the processes are found by: no other run may
    have it, nor one on another host, which may be the same machine under another name.
    """

    id: str
    script: str
    interpreter: str = "sh"


class Stop(Protocol):
    """Tells, like an event of `threading`, when to leave a run alone."""

    def is_set(self) -> bool: ...


@dataclass(frozen=True)
class Outcome:
    """The word a host had for a run. `broken`: it had none, nothing is known, ask again."""

    word: Word
    code: int | None = None
    position: int | None = None
    detail: str = ""

    @property
    def is_no_shell(self) -> bool:
        """Return whether it was the login that refused, before the host could look at the run."""
        return self.word == "refused" and self.code is not None


def follow(
    connection: Connected,
    run: Run,
    *,
    mode: Literal["start", "attach"],
    offset: int,
    sink: Callable[[bytes], None],
    stop: Stop,
    beat: Callable[[], None] | None = None,
    since: float | None = None,
) -> Outcome:
    """Hand out the log from `offset` on, until the run ends, contact breaks, or `stop` is set.

    `beat` is called with each sign of life: the first one tells that the host knows the run.
    `since`: so many seconds ago a start may have been sent: a host that was started anew since then
    does not know what it has done, and begins nothing. Stopping leaves the run alone.
    """
    nonce = wrapper.new_nonce()
    program = wrapper.program(
        mode,
        nonce,
        run.id,
        offset=offset,
        script=run.script if mode == "start" else "",
        interpreter=run.interpreter,
        since=since if mode == "start" else None,
    )
    channel = connection.run(program)
    try:
        return _Follower(channel, nonce, offset, sink, beat).until(stop)
    finally:
        hang_up(channel)


def cancel(connection: Connected, run_id: str, *, grace: float) -> Outcome:
    """End a run with all its processes, and see to it that it never starts if it has not yet."""
    nonce = wrapper.new_nonce()
    program = wrapper.program("cancel", nonce, run_id, grace=grace)
    return _ask(connection, program, nonce, grace + 4 * SILENCE, beat=lambda: None)


def tidy(connection: Connected, *, uploads: list[str]) -> Outcome:
    """Remove these uploads, and runs and uploads that nobody has needed for a day."""
    nonce = wrapper.new_nonce()
    return _ask(connection, wrapper.tidying(nonce, uploads), nonce, 2 * SILENCE)


def _ask(
    connection: Connected,
    program: bytes,
    nonce: str,
    timeout: float,
    beat: Callable[[], None] | None = None,
) -> Outcome:
    with Conversation(connection, program, nonce, beat=beat) as host:
        last: list[str] = []
        for words in host.lines(timeout):
            last = words
    if not last or last[0] not in FINAL_WORDS:
        return Outcome("broken", detail="the host did not answer")
    return _answer(last)


class _Follower:
    """Reads one channel: log bytes on standard output, control lines on standard error."""

    def __init__(
        self,
        channel: Channel,
        nonce: str,
        offset: int,
        sink: Callable[[bytes], None],
        beat: Callable[[], None] | None,
    ) -> None:
        self._channel = channel
        self._mark = nonce.encode() + b"\n"
        self._control = wrapper.ControlLines(nonce)
        self._preamble: bytes | None = b""
        self._position = offset
        self._sink = sink
        self._beat = beat
        self._said: list[str] = []

    def until(self, stop: Stop) -> Outcome:
        self._channel.settimeout(POLL)
        waited = 0.0
        while not stop.is_set():
            asked = time.monotonic()
            heard = self._read()
            if heard is None:
                return self._outcome()
            # Only waiting counts: while the sink takes its time, the host is not to blame.
            waited = 0.0 if heard else waited + time.monotonic() - asked
            if waited > SILENCE:
                is_deaf = self._preamble is not None and not self._said
                return Outcome("broken", detail=NO_SHELL_YET if is_deaf else "the host fell silent")
        return Outcome("broken", detail="stopped here")

    def _read(self) -> bool | None:
        """Take what there is. True: something came. False: nothing did so far. None: the end."""
        try:
            data = self._channel.recv(CHUNK)
        except TimeoutError:
            return self._read_control()
        except BROKEN:
            # Bytes may be gone with it, so a last word that came already counts for nothing.
            self._said = []
            return None
        if data:
            self._output(data)
            self._read_control()
            return True
        while self._read_control():
            pass
        return None

    def _read_control(self) -> bool:
        """Take control lines too: they share the channel's window with the output."""
        if not self._channel.recv_stderr_ready():
            return False
        try:
            data = self._channel.recv_stderr(CHUNK)
        except BROKEN:
            return False
        for words in self._control.feed(data):
            self._said = words
            self._alive()
        return bool(data)

    def _output(self, data: bytes) -> None:
        if self._preamble is not None:
            data = self._after_mark(self._preamble + data)
        if data:
            self._sink(data)
            self._position += len(data)

    def _after_mark(self, data: bytes) -> bytes:
        """Drop what start-up files print: the log begins after our mark."""
        before, mark, after = data.partition(self._mark)
        if not mark:
            if len(before) > LONGEST_PREAMBLE:
                text = "The login's start-up files print without end."
                raise ConnectionLost(text, code="settings")
            self._preamble = before
            return b""
        self._preamble = None
        self._alive()
        return after

    def _alive(self) -> None:
        if self._beat is not None:
            self._beat()

    def _outcome(self) -> Outcome:
        # The two streams come in any order: only after their end is a last word the last.
        if not self._channel.eof_received:
            return Outcome("broken", detail="the connection broke")
        if self._said and self._said[0] in FINAL_WORDS:
            return self._verdict()
        if not self._said and self._preamble is not None:
            return self._no_shell()
        return Outcome("broken", detail="the connection broke")

    def _verdict(self) -> Outcome:
        outcome = _answer(self._said)
        if outcome.word not in COUNTED:
            return outcome
        # Hosts without /proc cannot tell the position.
        if outcome.position not in (None, self._position):
            text = f"the host's log ends at {outcome.position}, but {self._position} bytes came"
            return Outcome("short", detail=text)
        return replace(outcome, position=self._position)

    def _no_shell(self) -> Outcome:
        """Tell a host whose login gives no shell from a connection that broke."""
        code = exit_code(self._channel)
        if code is None:
            return Outcome("broken", detail="the connection broke")
        said = ((self._preamble or b"") + self._control.noise).decode("utf-8", "replace").strip()
        return Outcome("refused", code, detail=no_shell(code, said[-500:]))


def _answer(words: list[str]) -> Outcome:
    """Read `end CODE POSITION`, `gone CODE`, and words with nothing or a text behind them."""
    word, rest = FINAL_WORDS[words[0]], words[1:]
    code, position = (_number(text) for text in (*rest, "-", "-")[:2])
    if word == "ended" and code is None:
        return Outcome("lost", detail="the host did not tell the exit code")
    if word in COUNTED:
        return Outcome(word, code, position)
    return Outcome(word, code if word == "gone" else None, detail=" ".join(rest))


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() else None
