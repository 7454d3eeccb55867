"""Other processes of the same installation: they share its state folder and its database."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from django.conf import settings
from django.db import connection

BEGIN = "import django; django.setup(); "
ROOT = Path(__file__).parents[3]


def process(code: str, *, own_group: bool = False, **more: str) -> subprocess.Popen[str]:
    """Start Python with the product's own settings; it says `ready` and waits for a line."""
    wait = "import sys; print('ready', flush=True); sys.stdin.readline(); "
    started = subprocess.Popen(
        [sys.executable, "-c", BEGIN + wait + code],
        cwd=ROOT,
        env=environment() | more,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=own_group,
    )
    assert started.stdout is not None
    assert started.stdout.readline() == "ready\n"
    return started


def go(*processes: subprocess.Popen[str]) -> None:
    """Let them all begin at once."""
    for one in processes:
        assert one.stdin is not None
        one.stdin.write("\n")
        one.stdin.flush()


def answers(*processes: subprocess.Popen[str]) -> list[str]:
    """Return what each printed last."""
    said = [one.communicate(timeout=60)[0].strip() for one in processes]
    assert [one.returncode for one in processes] == [0] * len(processes)
    return said


def race(code: str, count: int = 2) -> list[str]:
    """Do the same in several processes at the same moment."""
    runners = [process(code) for _ in range(count)]
    go(*runners)
    return answers(*runners)


def worker(
    number: int, *, grace: float = 10, own_group: bool = False, **more: str
) -> subprocess.Popen[str]:
    """Start a deploy worker that has been given this deployment."""
    grant = f"from deployments.services import ending; ending.GRACE = {grace}; "
    made = process(
        f"{grant}from deployments import tasks; tasks.run({number})", own_group=own_group, **more
    )
    go(made)
    return made


def environment() -> dict[str, str]:
    return os.environ | {
        "DJANGO_SETTINGS_MODULE": "chatops.settings",
        "SHIPMATE_STATE": str(settings.STATE),
        "SHIPMATE_DATABASE_URL": database(),
        "SHIPMATE_REDIS_URL": settings.SHIPMATE_REDIS_URL,
        "SHIPMATE_REPOSITORY_ROOTS": str(Path(tempfile.gettempdir()).resolve()),
        "SHIPMATE_LEASE_SECONDS": str(settings.SHIPMATE_LEASE_SECONDS),
        "PYTHONPATH": str(ROOT),
    }


def database() -> str:
    """Return the address of the database that these tests use."""
    at = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{at['NAME']}"
    port = f":{at['PORT']}" if at["PORT"] else ""
    socket = f"?host={at['OPTIONS']['host']}" if at["OPTIONS"].get("host") else ""
    return f"postgres://{at['USER']}:{at['PASSWORD']}@{at['HOST']}{port}/{at['NAME']}{socket}"
