"""Two transactions that commit in the opposite order of their numbers, on a real PostgreSQL."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.servers import checkout, postgres

pytestmark = pytest.mark.slow

OPPOSITE = """
import threading
from django.db import connections, transaction
from deployments import changes
from deployments.selectors import listing
from tests.deployments import build

root, begun, told = build.person("root"), threading.Event(), threading.Event()
def late():
    with transaction.atomic():
        changes.record("test.early_number")
        begun.set()
        told.wait(20)
    connections.close_all()

thread = threading.Thread(target=late)
thread.start()
begun.wait(20)
with transaction.atomic():
    changes.record("test.late_number")
first = listing.changes(root, 0, 50)
told.set()
thread.join()
again = listing.changes(root, first.after, 50)
print([row.verb for row in first.rows], [row.verb for row in again.rows])
"""


@pytest.fixture
def manage(tmp_path: Path) -> Iterator[Callable[..., str]]:
    """Run a command of Django's on an empty PostgreSQL."""
    with postgres.running() as address:
        env = checkout.environment(SHIPMATE_DATABASE_URL=address, SHIPMATE_STATE=str(tmp_path))

        def run(*words: str) -> str:
            command = [sys.executable, "manage.py", *words, "-v", "0"]
            return subprocess.check_output(command, cwd=checkout.ROOT, env=env, text=True)

        yield run


def test_what_commits_late_is_read_all_the_same(manage: Callable[..., str]) -> None:
    manage("migrate")

    said = manage("shell", "-c", OPPOSITE)

    assert said.strip().splitlines()[-1] == (
        "['test.late_number'] ['test.early_number', 'test.late_number']"
    )
