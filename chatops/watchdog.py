"""Looks, in each cluster, whether its tasks are taken, and whether any of Shipmate stands still.

A worker that was killed, or stands still, with the lock of the queue between them in its hand keeps
all others from ever taking a task, and django-q2 does not notice. Such a cluster is killed whole;
of the processes beside it, such as the sweeper, the one that was stopped is killed. The supervisor
starts them anew, and deployments go on from where their hosts are.

Who looks is the cluster's sentinel, in each of its rounds. That these go on is looked at by the
cluster's main process, which has nothing else to do: a sentinel waits for ever for the lock of a
worker that was killed with it in its hand.
"""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
from contextlib import suppress
from multiprocessing.sharedctypes import RawValue
from pathlib import Path
from typing import Any

from django_q import cluster
from django_q.conf import Conf

PATIENCE = 30.0  # seconds
BETWEEN = 3.0  # seconds between two looks at the sentinel
log = logging.getLogger(__name__)
_status = cluster.Sentinel.status
_start = cluster.Cluster.start


def set_up() -> None:
    """Look in each round of the guard, which asks for the cluster's status in each."""
    cluster.Sentinel.status = _look_and_tell
    cluster.Cluster.start = _watch_and_start


def _watch_and_start(main: Any) -> int:
    """Count the sentinel's rounds where it and the main process, which forks it, both see them."""
    rounds = cluster.Sentinel.rounds = RawValue("L", 0)
    threading.Thread(target=_watch, args=(rounds,), name="watchdog", daemon=True).start()
    number: int = _start(main)
    return number


def _watch(rounds: Any) -> None:
    """Kill the cluster whose sentinel makes no more rounds.

    What counts is how often it was found so: all of the machine may have stood still.
    """
    silent, before = 0.0, rounds.value
    while silent <= PATIENCE:
        time.sleep(BETWEEN)
        silent = silent + BETWEEN if rounds.value == before else 0.0
        before = rounds.value
    log.critical("The sentinel stands still; its cluster starts anew")
    os.killpg(0, signal.SIGKILL)  # supervisord gives each program a group of its own


def _look_and_tell(sentinel: Any) -> str:
    sentinel.rounds.value += 1
    _kill_stopped_beside(sentinel)
    why = _hangs(sentinel)
    sentinel.hung = getattr(sentinel, "hung", 0) + Conf.GUARD_CYCLE if why else 0
    if sentinel.hung > PATIENCE:
        log.critical("%s; its cluster starts anew", why)
        os.killpg(0, signal.SIGKILL)
    told: str = _status(sentinel)
    return told


def _hangs(sentinel: Any) -> str:
    """Say why nothing moves now, if that is so."""
    processes = [*sentinel.pool, sentinel.pusher, sentinel.monitor]
    if any(process is not None and _is_stopped(process.pid) for process in processes):
        return "A process stands still"
    idle = any(process.timer.value == -1 for process in sentinel.pool)
    if idle and not sentinel.task_queue.empty():
        return "A task waits, and idle workers do not take it"
    return ""


def _kill_stopped_beside(sentinel: Any) -> None:
    """Kill what the supervisor keeps running and what stands still for long."""
    before: dict[int, float] = getattr(sentinel, "stopped", {})
    found = [number for number in _beside(sentinel.parent_pid) if _is_stopped(number)]
    sentinel.stopped = {number: before.get(number, 0) + Conf.GUARD_CYCLE for number in found}
    for number, seconds in sentinel.stopped.items():
        if seconds > PATIENCE:
            log.critical("Process %s stands still; it starts anew", number)
            with suppress(ProcessLookupError):
                os.kill(number, signal.SIGKILL)


def _beside(main: int) -> list[int]:
    """Return the processes beside a cluster's main one, which have the same parent."""
    with suppress(OSError, ValueError, IndexError):
        parent = _stat(main)[1]
        return [int(n) for n in Path(f"/proc/{parent}/task/{parent}/children").read_text().split()]
    return []


def _is_stopped(number: int) -> bool:
    """Return whether somebody stopped the process, as SIGSTOP does. Only Linux tells."""
    with suppress(OSError):
        return _stat(number)[0] == "T"
    return False


def _stat(number: int) -> list[str]:
    """Return what Linux tells of a process, from its state and its parent on."""
    text = Path(f"/proc/{number}/stat").read_text(encoding="ascii", errors="replace")
    return text.rpartition(") ")[2].split()
