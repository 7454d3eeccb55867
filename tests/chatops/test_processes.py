"""What each worker does before its first task."""

from __future__ import annotations

import gc
import subprocess
import sys

from django_q.signals import post_spawn

from chatops import processes

LOOK = """
import gc, sys, django
django.setup()
from chatops import processes
processes._settle()
print("bots.tasks" in sys.modules, gc.get_freeze_count() > 100_000)
"""


def test_a_worker_has_loaded_what_tasks_need() -> None:
    before = gc.get_freeze_count()

    done = subprocess.run(
        [sys.executable, "-c", LOOK], capture_output=True, text=True, timeout=60, check=True
    )

    assert done.stdout == "True True\n"
    assert gc.get_freeze_count() == before  # here, where nothing was settled


def test_every_worker_does_so() -> None:
    known = [receiver() for _, receiver, *_ in post_spawn.receivers]

    assert processes._settle in known and processes._start_heart in known
