"""Ring again for what was forgotten, though not at every turn: perhaps nobody listens."""

from __future__ import annotations

import time
from collections.abc import Iterable

from deployments.services import queue

AGAIN = 10.0  # seconds
_rung: dict[tuple[str, int], float] = {}


def ring_forgotten(task: str, numbers: Iterable[int]) -> None:
    """Wake a chat worker for each, unless that was done a moment ago."""
    now = time.monotonic()
    for key in [key for key, at in _rung.items() if now - at > AGAIN]:
        del _rung[key]
    for number in numbers:
        if (task, number) not in _rung:
            _rung[task, number] = now
            queue.wake(task, number, cluster="chat")


def forget() -> None:
    """Begin anew."""
    _rung.clear()
