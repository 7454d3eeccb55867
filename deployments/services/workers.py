"""Processes that say that they live."""

from __future__ import annotations

import logging
import os
import signal
import socket
import threading
from datetime import timedelta

from django.db import DatabaseError, InterfaceError, connection
from django.utils import timezone

from deployments.models import Worker
from deployments.services import machines

BEAT = 5.0  # seconds
log = logging.getLogger(__name__)
SILENT = timedelta(seconds=20)


def name() -> str:
    """Return a name that no other process has now."""
    return f"{socket.gethostname()}:{os.getpid()}"


def beat(role: str) -> None:
    """Say that this process lives."""
    mine, now = f"{role}@{name()}", timezone.now()
    known = {"machine": machines.here(), "seen_at": now}
    if not Worker.objects.filter(name=mine).update(**known):
        first = {**known, "role": role, "started_at": now}
        Worker.objects.get_or_create(name=mine, defaults=first)


def alive(role: str) -> int:
    """Return how many processes of the role were heard of lately."""
    return Worker.objects.filter(role=role, seen_at__gt=timezone.now() - SILENT).count()


def forget_silent() -> None:
    """Drop the rows of processes that have been silent for a day."""
    Worker.objects.filter(seen_at__lt=timezone.now() - timedelta(days=1)).delete()


def give_up() -> None:
    """End this process, which hangs, where somebody starts another in its place."""
    if os.environ.get("SHIPMATE_SUPERVISED"):
        log.critical("%s hangs and ends itself", name())
        os.kill(os.getpid(), signal.SIGKILL)


class Heart(threading.Thread):
    """Beats for as long as its process lives. A database that is away now is asked again.

    With `patience`, the process says that it moves, too: one that has not for so long hangs.
    """

    def __init__(self, role: str, *, patience: float | None = None) -> None:
        super().__init__(daemon=True, name="heart")
        self.role = role
        self._patience = patience
        self._still = 0.0  # seconds; counted by beats, as all of the process may have stood still

    def run(self) -> None:
        stop = threading.Event()
        while not stop.wait(BEAT):
            self._still += BEAT
            if self._patience is not None and self._still > self._patience:
                give_up()
            self.beat()

    def moves(self) -> None:
        self._still = 0.0

    def beat(self) -> None:
        try:
            beat(self.role)
        except (DatabaseError, InterfaceError):
            connection.close()
