"""The program as a worker runs it: a process with its secret in its environment."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from tests.deployments.providers.clouds.conftest import SHA
from tests.deployments.providers.clouds.heroku_server import TOKEN, Heroku

PROGRAM = [sys.executable, "-m", "deployments.providers.clouds.heroku"]


def started(heroku: Heroku, code: Path, token: str = TOKEN) -> subprocess.Popen[str]:
    arguments = ["deploy", "--app=shop", f"--sha={SHA}", f"--code={code}", "--mark=Shipmate #812"]
    return subprocess.Popen(
        [*PROGRAM, *arguments, f"--api={heroku.address}"],
        env={"PATH": os.environ["PATH"], "HEROKU_API_KEY": token},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def wait_for_build(heroku: Heroku) -> None:
    until = time.monotonic() + 60
    while not heroku.builds and time.monotonic() < until:
        time.sleep(0.05)
    assert heroku.builds


def test_it_ends_with_0_when_heroku_runs_the_commit(heroku: Heroku, code: Path) -> None:
    process = started(heroku, code)

    assert "as v1." in process.communicate(timeout=60)[0]
    assert process.returncode == 0


def test_it_says_which_secret_is_missing(heroku: Heroku, code: Path) -> None:
    process = started(heroku, code, token="")

    assert "The secret HEROKU_API_KEY is not set" in process.communicate(timeout=60)[0]
    assert process.returncode == 1


def test_when_it_is_ended_it_asks_heroku_to_stop_the_build(heroku: Heroku, code: Path) -> None:
    heroku.go_on.clear()
    heroku.stops = 202
    process = started(heroku, code)
    wait_for_build(heroku)
    assert process.stdout
    while "as build" not in process.stdout.readline():
        pass

    process.send_signal(signal.SIGTERM)

    assert "was asked to stop" in process.communicate(timeout=60)[0]
    assert process.returncode == 143
    assert heroku.asked[-1].startswith("DELETE /apps/shop/builds/")


def test_a_build_that_heroku_does_not_stop_is_told_to_go_on(heroku: Heroku, code: Path) -> None:
    heroku.go_on.clear()
    process = started(heroku, code)
    wait_for_build(heroku)
    assert process.stdout
    while "as build" not in process.stdout.readline():
        pass

    process.send_signal(signal.SIGTERM)

    assert "goes on at Heroku" in process.communicate(timeout=60)[0]
    assert process.returncode == 143


def test_one_that_was_killed_is_taken_up_by_the_next(heroku: Heroku, code: Path) -> None:
    heroku.go_on.clear()
    first = started(heroku, code)
    wait_for_build(heroku)
    first.kill()
    first.communicate(timeout=60)
    second = started(heroku, code)
    heroku.go_on.set()

    assert "Following it." in second.communicate(timeout=60)[0]
    assert second.returncode == 0
    assert len(heroku.builds) == 1
