"""The process that sweeps: it never stands still for long."""

from __future__ import annotations

import signal
import subprocess

import pytest

from tests.deployments.services import elsewhere

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
SWEEPS = """
import time
from django.core.management import call_command
from deployments import sweeper
from deployments.services import workers

def step():
    print("swept", flush=True)
    {then}

workers.BEAT, sweeper.PAUSE, sweeper.STANDSTILL = 0.1, 0.2, {patience}
sweeper.add(step)
call_command("sweeper")
"""


def sweeping(then: str, patience: float) -> subprocess.Popen[str]:
    """Start one that does this in each round, and wait until it has begun to."""
    code = SWEEPS.format(then=then, patience=patience)
    started = elsewhere.process(
        f"exec({code!r}, {{}})", DJANGO_SETTINGS_MODULE="tests.settings", SHIPMATE_SUPERVISED="1"
    )
    elsewhere.go(started)
    assert next_line(started) == "swept\n"
    return started


def next_line(started: subprocess.Popen[str]) -> str:
    assert started.stdout is not None
    return started.stdout.readline()


def test_one_that_hangs_in_a_round_ends_itself_for_another_to_begin() -> None:
    hangs = sweeping("time.sleep(300)", patience=3)

    assert hangs.wait(60) == -signal.SIGKILL


def test_one_that_moves_goes_on_until_it_is_told_to_end() -> None:
    moves = sweeping("pass", patience=60)
    assert next_line(moves) == "swept\n"

    moves.terminate()

    assert moves.wait(60) == 0
