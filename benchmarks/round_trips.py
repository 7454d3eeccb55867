"""How often a program waits for the way there and back, told by a way that takes long."""

from __future__ import annotations

import queue
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import Protocol

FAR = 0.2  # seconds there and back
TURNS = 3
HANDSHAKE = 1  # of TCP, which the proxy answers by itself


class Candidate(Protocol):
    def turn(self) -> dict[str, float]: ...


def round_trips(
    by: Callable[[int], AbstractContextManager[Candidate]], port: int
) -> dict[str, float]:
    """Return how many round trips the first phase and a further one take.

    The same turns by a short way are taken off: what is left was spent under way. The quickest of
    each counts, as what else the machine does only adds to them.
    """
    near, far = _times(by, port, 0.0), _times(by, port, FAR)
    names = ("seconds", "kept_seconds")
    cold, kept = (max(0.0, far[name] - near[name]) / FAR for name in names)
    return {"round_trips_cold": cold + HANDSHAKE, "round_trips_kept": kept}


def _times(
    by: Callable[[int], AbstractContextManager[Candidate]], port: int, far: float
) -> dict[str, float]:
    with proxy(port, far) as near_port, by(near_port) as candidate:
        candidate.turn()
        took = [candidate.turn() for _ in range(TURNS)]
    return {name: min(one[name] for one in took) for name in took[0]}


@contextmanager
def proxy(port: int, far: float) -> Iterator[int]:
    """Pass bytes on to a port here, as late as if it were so many seconds there and back."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with suppress(OSError):  # closed
            while True:
                near, _ = listener.accept()
                there = socket.create_connection(("127.0.0.1", port))
                for one, other in ((near, there), (there, near)):
                    one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    _pass_on(one, other, far / 2)

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.close()


def _pass_on(source: socket.socket, sink: socket.socket, late: float) -> None:
    waiting: queue.SimpleQueue[tuple[float, bytes]] = queue.SimpleQueue()

    def read() -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                waiting.put((time.monotonic() + late, data))
        waiting.put((time.monotonic() + late, b""))

    def write() -> None:
        while True:
            due, data = waiting.get()
            time.sleep(max(0.0, due - time.monotonic()))
            with suppress(OSError):
                if not data:
                    return sink.shutdown(socket.SHUT_WR)
                sink.sendall(data)

    for work in (read, write):
        threading.Thread(target=work, daemon=True).start()
