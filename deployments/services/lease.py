"""A worker's hold on a deployment: renewed while it lives, lost when another took over."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Self

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection, transaction

from deployments.models import Deployment
from deployments.services import workers
from deployments.services.moves import lease_end

# Seconds without any step of the work after which its worker hangs, whatever it waits for (a thread
# that begins without memory is waited for without end): its lease is renewed no more, and another
# goes on. Each wait of ours has a time-out below.
STANDSTILL = 300.0
STEP = 5.0  # seconds between two looks at most; whoever comes later stood still


class LeaseLost(Exception):
    """Another worker has this deployment now; whatever this one would write is refused."""


class Lease(threading.Thread):
    """Renews the lease and looks whether somebody asked to stop, whatever the worker waits for.

    A database that cannot be asked now is asked again; the lease then runs out by itself, and the
    epoch keeps this worker from writing once another has taken over.
    """

    def __init__(self, deployment: Deployment) -> None:
        super().__init__(daemon=True, name=f"lease-{deployment.pk}")
        self.mine = Deployment.objects.filter(
            pk=deployment.pk, epoch=deployment.epoch, status="in_progress"
        )
        # How long workers have held it: no clock, no outage and no standstill of ours counts.
        self.spent: float = deployment.spent or 0
        self.lost = threading.Event()
        self.stop_asked = threading.Event()
        if deployment.stop_at is not None:
            self.stop_asked.set()
        self._over = threading.Event()
        self._moved = time.monotonic()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over.set()
        self.join()

    def run(self) -> None:
        pause = min(1.0, settings.SHIPMATE_LEASE_SECONDS / 5)
        renew, looked = 0.0, time.monotonic()
        try:
            while not self._over.wait(pause):
                renew += pause
                passed, looked = time.monotonic() - looked, time.monotonic()
                self.spent += min(passed, STEP)
                if renew >= settings.SHIPMATE_LEASE_SECONDS / 3:
                    renew = 0.0 if self._ask(self._renew) else renew
                self._ask(self._look)
        finally:
            connection.close()

    def check(self) -> None:
        """Raise LeaseLost once another worker has taken over."""
        self._moved = time.monotonic()
        if self.lost.is_set():
            raise LeaseLost

    def write(self, **values: Any) -> None:
        """Change the deployment's row under this epoch, or raise LeaseLost."""
        self._moved = time.monotonic()
        if self.mine.update(**values) != 1:
            self.lost.set()
            raise LeaseLost

    @contextmanager
    def fence(self) -> Iterator[None]:
        """Do writes in one transaction that holds the deployment's row under this epoch.

        Renews the lease too. Raises LeaseLost, and nothing is written, if another has taken over.
        """
        with transaction.atomic():
            self.write(lease_until=lease_end())
            yield

    def _ask(self, question: Callable[[], None]) -> bool:
        try:
            question()
        except (DatabaseError, InterfaceError):
            connection.close()
            return False
        return True

    def _renew(self) -> None:
        if time.monotonic() - self._moved > max(STANDSTILL, 2 * settings.GIT_TIMEOUT):
            workers.give_up()
            return
        if self.mine.update(lease_until=lease_end(), spent=round(self.spent)) != 1:
            self.lost.set()

    def _look(self) -> None:
        row = self.mine.values_list("stop_at", flat=True).first()
        if row is not None:
            self.stop_asked.set()
