"""Threads that work off jobs for many hosts, and the bounded queue that their consumer reads."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from math import inf

from deployments.exceptions import HostError
from deployments.runner.follow import Outcome
from deployments.runner.room import is_want_of_room

logger = logging.getLogger(__name__)

# So much output waits for a slow consumer, whatever the number of hosts: 128 pieces of 64 kB.
QUEUE_LENGTH = 128

Result = Outcome | HostError
Job = Callable[[], Result]


@dataclass(frozen=True)
class Output:
    host: str
    data: bytes
    offset: int


@dataclass(frozen=True)
class Known:
    """The host answers for the run: keep that, and only attach from now on."""

    host: str


@dataclass(frozen=True)
class Trouble:
    """Contact is broken at present; it is tried again."""

    host: str
    text: str


@dataclass(frozen=True)
class Progress:
    """So much of an upload is under way."""

    host: str
    sent: int


@dataclass(frozen=True)
class Told:
    """What is done with the host at present, in words."""

    host: str
    text: str


@dataclass(frozen=True)
class Done:
    """The last event of a host's job."""

    host: str
    result: Result


@dataclass(frozen=True)
class Cancelled:
    """What became of a request to cancel. The end of the host's own job comes as Done besides."""

    host: str
    result: Result


Event = Output | Known | Trouble | Progress | Told | Done | Cancelled
Ending = type[Done] | type[Cancelled]


# Seconds without a sign after which a thread hangs, whatever it waits for: each wait of ours has a
# time-out below. Where memory lacks, Python waits without end for a thread that could not begin.
STANDSTILL = 300.0


class ThreadLost(MemoryError):
    """A thread hangs, or ended without a word: where memory lacks, none of it may even begin."""


class Flow:
    def __init__(self, standstill: float | None = None) -> None:
        self._standstill = standstill
        self._threads: list[threading.Thread] = []
        self._signs: dict[int, float] = {}  # when each thread that has a job last gave a sign
        self.stop = threading.Event()
        self._events: queue.Queue[Event] = queue.Queue(QUEUE_LENGTH)
        self._unfinished = 0
        self._want: Exception | None = None  # this machine lacks what a job needs

    def add(self, jobs: Mapping[str, Job], ending: Ending, width: int) -> None:
        """Start the jobs, `width` at a time. For the consumer's own thread only."""
        waiting: queue.SimpleQueue[tuple[str, Job]] = queue.SimpleQueue()
        for item in jobs.items():
            waiting.put(item)
        self._unfinished += len(jobs)
        for _ in range(min(width, len(jobs))):
            # Daemons: a host that stalls in some way must not keep a worker from ending.
            thread = threading.Thread(target=self._work, args=(waiting, ending), daemon=True)
            thread.start()
            self._threads.append(thread)

    def emit(self, event: Event) -> None:
        """Wait until the consumer has room: that is what keeps memory flat."""
        while not self.stop.is_set():
            self.sign()
            try:
                return self._events.put(event, timeout=0.5)
            except queue.Full:
                continue
        return None

    def sign(self) -> None:
        """Say that this thread moves."""
        self._signs[threading.get_ident()] = time.monotonic()

    def events(self, tick: float) -> Iterator[Event | None]:
        """Give what happens, and None after each `tick` in which nothing did.

        Raises ThreadLost where nobody is left who would say what became of a host, and what a job
        broke off with where this machine has no room for it: that says nothing of a host.
        """
        try:
            while self._unfinished:
                event = self._next(tick)
                if isinstance(event, Done | Cancelled):
                    self._unfinished -= 1
                yield event
        finally:
            self.stop.set()

    def _next(self, tick: float) -> Event | None:
        if self._want is not None:
            raise self._want
        is_over = not any(thread.is_alive() for thread in self._threads)
        try:
            return self._events.get(timeout=tick)
        except queue.Empty:
            if is_over or self._hangs():
                raise ThreadLost("a thread ended without a word, or hangs") from None
            return None

    def _hangs(self) -> bool:
        longest = STANDSTILL if self._standstill is None else self._standstill
        return min(self._signs.copy().values(), default=inf) < time.monotonic() - longest

    def _work(self, waiting: queue.SimpleQueue[tuple[str, Job]], ending: Ending) -> None:
        try:
            while not self.stop.is_set():
                self.sign()
                host, job = waiting.get_nowait()
                self.emit(ending(host, _result(host, job)))
        except queue.Empty:
            return
        except Exception as error:  # noqa: BLE001  it is raised again where events are read
            self._want = error
        finally:
            self._signs.pop(threading.get_ident(), None)


def _result(host: str, job: Job) -> Result:
    try:
        return job()
    except HostError as error:
        return error
    except Exception as error:
        if is_want_of_room(error):
            raise
        # A thread that died in silence would leave its host running for ever.
        logger.exception("The job of host %s failed.", host)
        return HostError(f"{host}: {type(error).__name__}: {error}", code="lost")
