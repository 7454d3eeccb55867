"""What is done on one host of a fleet, on a connection that may break at any moment."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from deployments.exceptions import HostError
from deployments.runner.channels import Connected
from deployments.runner.connection import ConnectionLost
from deployments.runner.delivery import Delivery, deliver
from deployments.runner.flow import Flow, Job, Known, Output, Progress, Result, Told, Trouble
from deployments.runner.follow import Outcome, Run, cancel, follow
from deployments.runner.hosts import Here, LoginRefused, Target
from deployments.runner.local import reach

# Nothing was started yet: a host that cannot be reached is told of soon.
FIRST_PATIENCE = 20.0
PAUSES = (0.0, 0.5, 1.0, 2.0, 5.0)
# A connection that held for so long was a good one: the next failure is the first again.
STEADY = 10.0
# A host that boots lets nobody in for a while. Asked too often, it may keep this machine out.
BOOTING = 40.0
SLOWLY = 10.0
HOLE = (
    "parts of what the command printed may be missing above: the host could not keep all. "
    "Its disk may be full, or what writes the log there was killed"
)
UNKEPT = (
    "the host could not write how the command ended, nor perhaps all that it printed. See to its "
    "disk, which says: {}"
)
# Trying again changes nothing: somebody has to act first.
FINAL_CODES = ("host_key", "settings")


@dataclass(frozen=True)
class Task:
    """A run for one host, and how far it has come so far.

    `offset`: so many bytes of its log are kept. `asked`: a start may have been sent before, so many
    seconds ago. `known`: the host has answered for this run, so it must never be started again.
    """

    host: str
    run: Run
    offset: int = 0
    asked: float | None = None
    known: bool = False


class Link:
    """The one connection to a host, opened when needed and kept for the whole deployment."""

    def __init__(self, target: Target | Here) -> None:
        self.target = target
        self._lock = threading.Lock()
        self._connection: Connected | None = None
        self._closed = False

    def connection(self) -> Connected:
        with self._lock:
            if self._closed:
                raise ConnectionLost(f"{self.target.name} was let go of", sent=False)
            if self._connection is None or not self._connection.alive:
                self._close_connection()
                self._connection = reach(self.target)
            return self._connection

    def drop(self, connection: Connected) -> None:
        """Close a connection that failed, unless another one has taken its place."""
        with self._lock:
            if self._connection is connection:
                self._close_connection()

    def close(self) -> None:
        with self._lock:
            self._closed = True
            self._close_connection()

    def _close_connection(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


class Contact:
    """When a host was last heard, and how often it has failed of late."""

    def __init__(self) -> None:
        self._failures = 0
        self._tried = time.monotonic()
        self.heard()

    def heard(self) -> None:
        self._last = time.monotonic()

    @property
    def away(self) -> float:
        return time.monotonic() - self._last

    def pause(self) -> float:
        """Return how long to wait before the next try: longer each time."""
        if time.monotonic() - self._tried > STEADY:
            self._failures = 0
        pause = PAUSES[min(self._failures, len(PAUSES) - 1)]
        self._failures += 1
        self._tried = time.monotonic() + pause
        return pause


class Ending:
    """A wish to end a run: how long it has stood, and whether asking the host was in vain."""

    def __init__(self, grace: float) -> None:
        self.grace = grace
        self.contact = Contact()  # heard once, when it was wished for
        self.in_vain = False


class HostJob:
    """One run on one host: started or attached to, again and again, until the host has a word."""

    def __init__(self, link: Link, task: Task, flow: Flow, patience: float) -> None:
        self._link = link
        self._task = task
        self._flow = flow
        self._patience = patience
        self._contact = Contact()
        self._offset = task.offset
        self._asked = task.asked is not None or task.known
        self._first_asked = time.monotonic() - (task.asked or 0)
        self._known = task.known
        self._ending: Ending | None = None
        self._given_up: HostError | None = None
        self._refused: Contact | None = None  # since the first connection that did not come about

    def result(self) -> Result:
        """Follow the run to its end, or until the host is given up."""
        result = persevere(self._attempt, self._link, self._flow, self._contact, self._final)
        if isinstance(result, HostError):
            self._given_up = result
        return result

    def forbid(self, grace: float) -> Job:
        """Start nothing from now on; return the job that ends what was started."""
        self._ending = ending = Ending(grace)
        return lambda: self._end(ending)

    def is_set(self) -> bool:
        """Return whether to follow no longer: all is stopped here, or it cannot be ended."""
        return self._flow.stop.is_set() or self._cannot_be_ended()

    def _attempt(self, connection: Connected) -> Result:
        if self._ending is not None and not self._known:
            self._take_claim(connection, self._ending)
        asked, starts, now = self._asked, not self._known, time.monotonic()
        self._first_asked = self._first_asked if asked else now
        try:
            outcome = follow(
                connection,
                self._task.run,
                mode="start" if starts else "attach",
                offset=self._offset,
                sink=self._output,
                stop=self,
                beat=self._beat,
                since=now - self._first_asked if asked else None,
            )
        except ConnectionLost as error:
            self._asked = asked or (starts and error.sent)
            raise
        self._asked = asked or starts
        if outcome.word == "broken":
            raise ConnectionLost(f"{self._task.host}: {outcome.detail}")
        if outcome.has_hole:
            why = outcome.detail
            self._flow.emit(Trouble(self._task.host, UNKEPT.format(why) if why else HOLE))
        if asked and outcome.is_no_shell:
            raise HostError(f"{self._task.host}: {outcome.detail}", code="settings")
        if asked and outcome.word == "refused":
            # The start before, which broke off, may only be late: it must not begin either.
            _cancel(connection, self._task.run, 0)
        return outcome

    def _take_claim(self, connection: Connected, ending: Ending) -> None:
        """Let the host know that it must not begin, before it is asked what became of the run."""
        _cancel(connection, self._task.run, ending.grace)
        self._known = True

    def _output(self, data: bytes) -> None:
        self._flow.emit(Output(self._task.host, data, self._offset))
        self._offset += len(data)
        self._contact.heard()

    def _beat(self) -> None:
        self._contact.heard()
        self._flow.sign()
        if not self._known:
            self._known = True
            self._flow.emit(Known(self._task.host))

    def _final(self, error: HostError) -> HostError | None:
        host, away = self._task.host, self._contact.away
        if self._cannot_be_ended():
            text = f"The command on {host} could not be ended and may still be running there."
            return HostError(text, code="lost")
        if not self._asked:
            if _hopeless(error):
                return error
            if self._is_waited_for(error):
                return None
            return _nothing_started(host, error)
        if isinstance(error, LoginRefused) and away <= min(self._patience, BOOTING):
            return None
        if away <= self._patience and not _hopeless(error):
            return None
        text = (
            f"Contact with {host} was lost {away:.0f} seconds ago; the command may "
            f"still be running there. Last error: {error}"
        )
        return HostError(text, code=error.code if _hopeless(error) else "lost")

    def _is_waited_for(self, error: HostError) -> bool:
        """Return whether a host on which nothing was started may be away that long.

        A kept connection may break with a delay of its own: that says nothing of the host.
        """
        if isinstance(error, ConnectionLost):
            return self._contact.away <= self._patience
        if self._refused is None:
            self._refused = Contact()
        return self._refused.away <= min(self._patience, FIRST_PATIENCE)

    def _end(self, ending: Ending) -> Result:
        """Ask the host to end the run, beside its follower, until it answers or is given up."""

        def attempt(connection: Connected) -> Result:
            return end(connection, self._task.run, ending.grace)

        def final(error: HostError) -> HostError | None:
            if self._given_up is not None:
                return self._given_up  # it says all there is to say
            if not _hopeless(error) and not self._is_overdue(ending):
                return None
            text = (
                f"{self._task.host} could not be asked to end the command, which may "
                f"still be running there. Last error: {error}"
            )
            return HostError(text, code=error.code)

        told = "not ended yet: "
        result = persevere(attempt, self._link, self._flow, ending.contact, final, told)
        ending.in_vain = isinstance(result, HostError) or result.word != "gone"
        return result

    def _cannot_be_ended(self) -> bool:
        ending = self._ending
        return ending is not None and ending.in_vain and self._is_overdue(ending)

    def _is_overdue(self, ending: Ending) -> bool:
        return ending.contact.away > self._patience + ending.grace


def send(link: Link, flow: Flow, parcel: Delivery, patience: float) -> Result:
    """Bring the code to one host; a delivery that broke is simply done again."""
    contact = Contact()

    def attempt(connection: Connected) -> Result:
        return deliver(connection, parcel, stop=flow.stop, progress=progress, tell=tell)

    def progress(sent: int) -> None:
        contact.heard()
        flow.emit(Progress(link.target.name, sent))

    def tell(text: str) -> None:
        contact.heard()
        flow.emit(Told(link.target.name, text))

    def final(error: HostError) -> HostError | None:
        if _hopeless(error):
            return error
        return _nothing_started(link.target.name, error) if contact.away > patience else None

    return persevere(attempt, link, flow, contact, final)


def end(connection: Connected, run: Run, grace: float) -> Result:
    """Cancel a run beside its follower on the kept connection, or on one of its own."""
    try:
        return _cancel(connection, run, grace)
    except ConnectionLost:
        # The kept connection broke, or the host allows it no second session.
        with reach(connection.target) as own:
            return _cancel(own, run, grace)


def _cancel(connection: Connected, run: Run, grace: float) -> Outcome:
    outcome = cancel(connection, run.id, grace=grace)
    if outcome.word == "broken":
        raise ConnectionLost(f"{connection.target.name}: {outcome.detail}")
    return outcome


def persevere(
    attempt: Callable[[Connected], Result],
    link: Link,
    flow: Flow,
    contact: Contact,
    final: Callable[[HostError], HostError | None],
    told: str = "",
) -> Result:
    """Try until there is a result, or until an error is the final one; tell of the others."""
    while True:
        connection = None
        flow.sign()
        try:
            connection = link.connection()
            return attempt(connection)
        except HostError as error:
            given_up = error if flow.stop.is_set() else final(error)
            if given_up is not None:
                return given_up
            if connection is not None:
                link.drop(connection)
            flow.emit(Trouble(link.target.name, f"{told}{error}"))
            least = SLOWLY if isinstance(error, LoginRefused) else 0.0
        flow.stop.wait(max(least, contact.pause()))


def _nothing_started(host: str, error: HostError) -> HostError:
    """Say that a host could not be used, however contact broke: nothing there is in doubt."""
    text = f"{str(error).rstrip('.')}. Nothing was started on {host}."
    return HostError(text, code="unreachable")


def _hopeless(error: HostError) -> bool:
    return error.code in FINAL_CODES
