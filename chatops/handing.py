"""Tasks on their way from the queue to a cluster's workers."""

from __future__ import annotations

import os
import select
from multiprocessing.sharedctypes import RawValue
from typing import Any

from django_q.queues import Queue


class Handing(Queue):  # type: ignore[misc]  # django-q2 has no types
    """Knows how many workers wait for a task, so that no more are taken from the others.

    A task that was taken too early would wait behind a deployment while other clusters are idle.
    """

    def __init__(self, most: int) -> None:
        super().__init__(most)
        self._asked, self._asking = os.pipe()  # a byte for each worker that asked
        self._waiting = RawValue("i", 0)  # is there for the next one, too, who takes tasks

    def get(self, *args: Any, **options: Any) -> Any:
        os.write(self._asking, b".")
        return super().get(*args, **options)

    def put(self, *args: Any, **options: Any) -> None:
        self._waiting.value -= 1
        super().put(*args, **options)

    def wait(self, seconds: float) -> bool:
        """Wait until a worker waits for a task, or so long; return whether one does."""
        patience = 0 if self._waiting.value > 0 else seconds
        if select.select([self._asked], [], [], patience)[0]:
            self._waiting.value += len(os.read(self._asked, 512))
        return bool(self._waiting.value > 0)
