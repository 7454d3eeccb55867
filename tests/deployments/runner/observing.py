"""Follow runs in tests, and look at what they leave on a host."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import psutil

from deployments.runner.channels import Connected
from deployments.runner.follow import Outcome, Run, follow


@dataclass(frozen=True)
class Seen:
    outcome: Outcome
    output: bytes


def new_id() -> str:
    return uuid.uuid4().hex[:12]


def followed(
    connection: Connected,
    script: str = "",
    *,
    run_id: str = "",
    mode: Literal["start", "attach"] = "start",
    offset: int = 0,
    interpreter: str = "sh",
) -> Seen:
    """Start or attach, and return all that comes until the end."""
    run, output = Run(run_id or new_id(), script, interpreter), bytearray()
    outcome = follow(
        connection,
        run,
        mode=mode,
        offset=offset,
        sink=output.extend,
        stop=threading.Event(),
    )
    return Seen(outcome, bytes(output))


class Following:
    """A run that is followed in a thread of its own, to do something to it meanwhile."""

    def __init__(self, connection: Connected, script: str, run_id: str) -> None:
        self.output = bytearray()
        self.outcome: Outcome | None = None
        self.stop = threading.Event()
        self._arguments = (connection, Run(run_id, script))
        self._thread = threading.Thread(target=self._follow, daemon=True)
        self._thread.start()

    def _follow(self) -> None:
        connection, run = self._arguments
        self.outcome = follow(
            connection, run, mode="start", offset=0, sink=self.output.extend, stop=self.stop
        )

    def wait_for(self, text: bytes) -> None:
        until(lambda: text in self.output)

    def end(self) -> Outcome:
        self._thread.join(20)
        assert self.outcome is not None, "the run did not end"
        return self.outcome


def until(condition: Callable[[], bool], seconds: float = 15) -> None:
    """Wait until something has come about."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come about in time"
        time.sleep(0.02)


def alive(mark: str) -> list[int]:
    """Return the processes whose command line holds a mark."""
    return [
        process.pid
        for process in psutil.process_iter(["cmdline", "status"])
        if process.info["status"] != psutil.STATUS_ZOMBIE
        and any(word == mark for word in process.info["cmdline"] or ())
    ]
