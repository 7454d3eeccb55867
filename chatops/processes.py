"""Processes that end with their parent, clusters that end whole, workers that are ready."""

from __future__ import annotations

import gc
import logging
import os
import signal
from importlib import import_module
from multiprocessing import Process
from typing import Any

from django.conf import settings
from django_q import cluster
from django_q.conf import Conf
from django_q.signals import post_spawn

from chatops import beginnings, watchdog
from chatops.handing import Handing
from chatops.tether import end_with_parent, end_without_supervisor
from deployments.services import workers

log = logging.getLogger(__name__)


def set_up() -> None:
    """Connect what every process of an installation has in common."""
    beginnings.set_up()
    post_spawn.connect(_start_heart, dispatch_uid="heart")
    post_spawn.connect(_settle, dispatch_uid="settle")
    cluster.Sentinel.spawn_cluster = _spawn_and_hand_over
    if os.environ.get("SHIPMATE_SUPERVISED"):
        # Without this, killing a cluster's main process leaves orphans that go on taking tasks.
        # SIGKILL, because nobody is left who would end what does not listen; deployments go on
        # from where their hosts are.
        end_without_supervisor()
        os.register_at_fork(after_in_child=end_with_parent)
        cluster.Sentinel.reincarnate = _end_whole_or_replace
        watchdog.set_up()


def _spawn_and_hand_over(sentinel: Any) -> None:
    """Let the broker know which workers are free, before there are any."""
    sentinel.task_queue = sentinel.broker.workers = Handing(Conf.QUEUE_LIMIT)
    _spawn(sentinel)


_spawn = cluster.Sentinel.spawn_cluster


def _end_whole_or_replace(sentinel: Any, process: Process) -> None:
    """End the cluster if one of its processes was killed; the supervisor starts it anew.

    The dead one may have held a lock of the queue between them, and then no task would ever run
    again; django-q2 replaces it and does not notice.
    """
    if (process.exitcode or 0) < 0:
        log.critical("%s was killed (%s); its cluster starts anew", process.name, process.exitcode)
        os.killpg(0, signal.SIGKILL)  # supervisord gives each program a group of its own
    _replace(sentinel, process)


_replace = cluster.Sentinel.reincarnate


def _start_heart(**_: Any) -> None:
    heart = workers.Heart(str(Conf.CLUSTER_NAME))
    heart.beat()
    heart.start()


def _settle(**_: Any) -> None:
    """Load what tasks need before the first one, and keep it from who looks for garbage."""
    for tasks in ("deployments.tasks", "bots.tasks", settings.ROOT_URLCONF):
        import_module(tasks)
    gc.freeze()
