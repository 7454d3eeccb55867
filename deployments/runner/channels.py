"""What the runner asks of a connection, be it to another machine or to none."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Protocol, Self

from deployments.runner.hosts import Here, Target


class Event(Protocol):
    def wait(self, timeout: float | None = None) -> bool: ...


class Channel(Protocol):
    """One program under way: what it prints, in two streams, and how it ends."""

    @property
    def eof_received(self) -> int:
        """Return whether the streams ended because the program did."""

    @property
    def exit_status(self) -> int:
        """Return how it ended; below 0: that is not known."""

    @property
    def status_event(self) -> Event: ...

    def settimeout(self, timeout: float | None, /) -> None: ...

    @property
    def closed(self) -> bool: ...

    def recv(self, nbytes: int, /) -> bytes:
        """Return what was printed, nothing at its end; TimeoutError where nothing came."""

    def recv_stderr(self, nbytes: int, /) -> bytes: ...

    def recv_stderr_ready(self) -> bool: ...

    def sendall(self, data: bytes, /) -> None: ...

    def shutdown_write(self) -> None: ...

    def close(self) -> None: ...


class Connected(Protocol):
    """A connection on which programs for `sh` are run, several at once and from any thread."""

    @property
    def target(self) -> Target | Here: ...

    @property
    def alive(self) -> bool: ...

    @property
    def keeps(self) -> bool:
        """Return whether a shell can be kept for further programs."""

    def run(self, program: bytes, *, more_follows: bool = False) -> Channel: ...

    def run_on(self, shell: Channel, program: bytes) -> None:
        """Hand a further program to a shell that was kept."""

    def keep(self, shell: Channel) -> None:
        """Keep a shell that waits for a further program."""

    def take(self) -> Channel | None:
        """Return a shell that was kept. It is the caller's now."""

    def news(self, channel: Channel) -> Event:
        """Return what is set while one of the channel's streams has something, or its end."""

    def deadline(self, seconds: float) -> AbstractContextManager[None]: ...

    def close(self) -> None: ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...
