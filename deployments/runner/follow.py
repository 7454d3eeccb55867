"""Start a run on a host or attach to it, follow its log from an offset, cancel it."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from math import inf
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
# A shell that has not answered for so long gets the end of its input, and is not kept: a start-up
# file that reads what the shell is to have would wait for it for ever.
LATE = 3.0
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
    """The word a host had for a run. `broken`: it had none, nothing is known, ask again.

    `has_hole`: not all that the run printed could be kept on the host, with why in `detail`, where
    it could not even keep how the run ended.
    """

    word: Word
    code: int | None = None
    position: int | None = None
    detail: str = ""
    has_hole: bool = False

    @property
    def is_no_shell(self) -> bool:
        """Return whether it was the login that refused, before the host could look at the run."""
        return self.word == "refused" and self.code is not None


# A shell that was kept has ended without a word for the run: another one is to be asked.
UNHEARD = Outcome("broken", detail="the shell that was kept is gone")


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
    write = partial(
        wrapper.program,
        mode,
        run_id=run.id,
        offset=offset,
        script=run.script if mode == "start" else "",
        interpreter=run.interpreter,
        since=since if mode == "start" else None,
        keep=connection.keeps,
    )
    attempt = _Attempt(connection, write, offset, sink, beat, stop)
    shell = connection.take()
    return attempt.with_new_shell() if shell is None else attempt.with_kept(shell)


@dataclass(frozen=True)
class _Attempt:
    connection: Connected
    write: Callable[..., bytes]
    offset: int
    sink: Callable[[bytes], None]
    beat: Callable[[], None] | None
    stop: Stop

    def with_new_shell(self) -> Outcome:
        nonce = wrapper.new_nonce()
        channel = self.connection.run(self.write(nonce=nonce), more_follows=self.connection.keeps)
        return self._follower(channel, nonce).until(self.stop)

    def with_kept(self, shell: Channel) -> Outcome:
        """Follow with a shell that was kept; if it has ended meanwhile, with another one."""
        nonce = wrapper.new_nonce()
        self.connection.run_on(shell, self.write(nonce=nonce, again=True))
        outcome = self._follower(shell, nonce, again=True).until(self.stop)
        if outcome is not UNHEARD or not self.connection.alive:
            return outcome
        try:
            outcome = self.with_new_shell()
        except ConnectionLost as error:
            error.sent = True  # to the shell that was kept
            raise
        # Which may have begun, whatever is refused now.
        return replace(outcome, word="broken") if outcome.word == "refused" else outcome

    def _follower(self, channel: Channel, nonce: str, *, again: bool = False) -> _Follower:
        return _Follower(
            self.connection, channel, nonce, self.offset, self.sink, self.beat, again=again
        )


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
    """Reads one channel: log bytes on standard output, control lines on standard error.

    Where the connection keeps shells, the end is told by the host's last word and the position; the
    shell waits for a further run then. Else, and after other words, it is the end of the streams.
    """

    def __init__(
        self,
        connection: Connected,
        channel: Channel,
        nonce: str,
        offset: int,
        sink: Callable[[bytes], None],
        beat: Callable[[], None] | None,
        *,
        again: bool = False,
    ) -> None:
        self._connection = connection
        self._channel = channel
        self._news = connection.news(channel)
        self._keeps = connection.keeps
        self._ticks = list(wrapper.TICKS) if connection.keeps else []
        self._begun = time.monotonic()
        self._ticked = 0.0  # or when the host was first heard
        self._again = again
        self._mark = nonce.encode() + b"\n"
        self._control = wrapper.ControlLines(nonce)
        self._preamble: bytes | None = b""
        self._position = offset
        self._sink = sink
        self._beat = beat
        self._said: list[str] = []

    def until(self, stop: Stop) -> Outcome:
        """Read until the end, or until `stop` is set; keep the shell if it waits for more."""
        waits_for_more = False
        try:
            outcome = self._until(stop)
            waits_for_more = outcome.word == "ended" and self._is_complete()
        finally:
            if waits_for_more:
                self._connection.keep(self._channel)
            else:
                hang_up(self._channel)
        return outcome

    def _until(self, stop: Stop) -> Outcome:
        self._channel.settimeout(0.0)
        waited = 0.0
        while not stop.is_set():
            heard = self._read()
            if heard is None:
                return self._outcome()
            if self._is_complete():
                return self._verdict()
            # Only waiting counts: while the sink takes its time, the host is not to blame.
            waited = 0.0 if heard else waited + self._wait()
            if waited > SILENCE:
                is_deaf = self._preamble is not None and not self._said and not self._again
                return Outcome("broken", detail=NO_SHELL_YET if is_deaf else "the host fell silent")
        return Outcome("broken", detail="stopped here")

    def _wait(self) -> float:
        """Wait for news, but not beyond what is due to be sent; return how long."""
        begun = time.monotonic()
        due = self._due() - begun if self._keeps else POLL
        self._news.wait(max(0.0, min(due, POLL)))
        now = time.monotonic()
        if self._keeps and self._due() <= now:
            # Nothing depends on it but when the host looks, or that it is not kept.
            with suppress(*BROKEN):
                self._send_what_is_due(now)
        return now - begun

    def _due(self) -> float:
        """Return when the next tick is, or until when a shell may be without an answer."""
        if not self._ticked:
            return self._begun + LATE
        return self._ticked + self._ticks[0] if self._ticks else inf

    def _send_what_is_due(self, now: float) -> None:
        if not self._ticked:
            self._keeps = False
            self._channel.shutdown_write()
        else:
            del self._ticks[0]
            self._ticked = now
            self._channel.sendall(b"\n")

    def _is_complete(self) -> bool:
        """Return whether the host has said all, and waits for more.

        More than its log may have come, where a start-up file goes on printing in between.
        """
        if not self._keeps or self._said[:1] != ["end"] or self._preamble is not None:
            return False
        end = _number("".join(self._said[2:3]))
        return end is not None and end <= self._position

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
        self._ticked = self._ticked or time.monotonic()
        if self._beat is not None:
            self._beat()

    def _outcome(self) -> Outcome:
        # The two streams come in any order: only after their end is a last word the last.
        if not self._channel.eof_received:
            return Outcome("broken", detail="the connection broke")
        if self._said and self._said[0] in FINAL_WORDS:
            return self._verdict()
        if not self._said and self._preamble is not None:
            return UNHEARD if self._again else self._no_shell()
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
    """Read `end CODE POSITION cut WHY`, `gone CODE`, and words with a text or nothing behind."""
    word, rest = FINAL_WORDS[words[0]], words[1:]
    code, position = (_number(text) for text in (*rest, "-", "-")[:2])
    if word == "ended" and code is None:
        return Outcome("lost", detail="the host did not tell the exit code")
    if word in COUNTED:
        why = " ".join(rest[3:])
        return Outcome(word, code, position, detail=why, has_hole=rest[2:3] == ["cut"])
    return Outcome(word, code if word == "gone" else None, detail=" ".join(rest))


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() else None
