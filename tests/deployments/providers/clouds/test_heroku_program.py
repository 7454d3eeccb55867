"""The program as a worker runs it."""

from __future__ import annotations

import signal
import subprocess
from pathlib import Path

import pytest

from tests.deployments.providers.clouds.conftest import SHA
from tests.deployments.providers.clouds.heroku_server import TOKEN, Heroku
from tests.deployments.providers.clouds.processes import ended, read_until, started

pytestmark = pytest.mark.slow


def deploying(heroku: Heroku, code: Path, token: str = TOKEN, **more: str) -> subprocess.Popen[str]:
    arguments = ["--app=shop", f"--sha={SHA}", f"--code={code}", "--mark=Shipmate #812"]
    return started(
        "heroku", "deploy", *arguments, f"--api={heroku.address}", HEROKU_API_KEY=token, **more
    )


def test_it_ends_with_0_when_heroku_runs_the_commit(heroku: Heroku, code: Path) -> None:
    process = deploying(heroku, code)

    assert "as v1." in ended(process)
    assert process.returncode == 0


def test_it_tells_what_runs_and_no_more(heroku: Heroku, code: Path) -> None:
    ended(deploying(heroku, code))

    arguments = ["truth", "--app=shop", f"--api={heroku.address}"]
    assert ended(started("heroku", *arguments, HEROKU_API_KEY=TOKEN)) == f"{SHA}\n"


def test_what_it_cannot_find_out_it_says_at_once(heroku: Heroku) -> None:
    heroku.faults = [("GET releases", 503)]
    process = started(
        "heroku", "truth", "--app=shop", f"--api={heroku.address}", HEROKU_API_KEY=TOKEN
    )

    assert ended(process) == "? Heroku did not answer: it answers 503.\n"
    assert process.returncode == 1


def test_it_says_which_secret_is_missing(heroku: Heroku, code: Path) -> None:
    process = deploying(heroku, code, token="")

    assert "The secret HEROKU_API_KEY is not set" in ended(process)
    assert process.returncode == 1


def test_a_netrc_of_the_machine_is_not_taken(heroku: Heroku, code: Path, tmp_path: Path) -> None:
    netrc = tmp_path / ".netrc"
    netrc.write_text("machine 127.0.0.1 login alice password sesame\n")
    netrc.chmod(0o600)

    process = deploying(heroku, code, HOME=str(tmp_path))

    assert "as v1." in ended(process)


def test_when_it_is_ended_it_asks_heroku_to_stop_the_build(heroku: Heroku, code: Path) -> None:
    heroku.go_on.clear()
    heroku.stops = 202
    process = deploying(heroku, code)
    read_until(process, "as build")

    process.send_signal(signal.SIGTERM)

    assert "was asked to stop" in ended(process)
    assert process.returncode == 143
    assert heroku.asked[-1].startswith("DELETE /apps/shop/builds/")


def test_a_build_that_heroku_does_not_stop_is_told_to_go_on(heroku: Heroku, code: Path) -> None:
    heroku.go_on.clear()
    process = deploying(heroku, code)
    read_until(process, "as build")

    process.send_signal(signal.SIGTERM)

    assert "goes on at Heroku" in ended(process)
    assert process.returncode == 143


def test_one_that_was_killed_is_taken_up_by_the_next(heroku: Heroku, code: Path) -> None:
    heroku.go_on.clear()
    first = deploying(heroku, code)
    read_until(first, "as build")
    first.kill()
    ended(first)
    second = deploying(heroku, code)
    heroku.go_on.set()

    assert "Following it." in ended(second)
    assert second.returncode == 0
    assert len(heroku.builds) == 1
