"""How much memory a process and all that it started take at most."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psutil

EVERY = 0.02
SHARE = 10  # of the time, one in so many goes into looking
MEGABYTE = 1e6


@contextmanager
def peak(pid: int) -> Iterator[list[float]]:
    """Look all the time until the block ends; then the list holds megabytes.

    Pages that several processes share count once, divided among them: that is fair to programs
    that start a process for each host.
    """
    found, over = [0.0], threading.Event()

    def look() -> None:
        pause = EVERY
        while not over.wait(pause):
            began = time.perf_counter()
            found[0] = max(found[0], _now(pid))
            pause = max(EVERY, SHARE * (time.perf_counter() - began))

    looking = threading.Thread(target=look)
    looking.start()
    try:
        yield found
    finally:
        over.set()
        looking.join()


def _now(pid: int) -> float:
    try:
        tree = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
    except psutil.NoSuchProcess:
        return 0.0
    return sum(map(_share, tree)) / MEGABYTE


def _share(process: psutil.Process) -> float:
    try:
        return float(process.memory_full_info().pss)
    except psutil.Error:
        return 0.0
