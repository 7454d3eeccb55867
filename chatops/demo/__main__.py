"""script/demo: everything under one roof, on this machine alone."""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path
from types import FrameType
from typing import cast

import django
import requests
from django.db import DatabaseError

from chatops import supervision
from chatops.demo import options
from chatops.demo.options import Options
from chatops.environment import make_private
from chatops.tether import end_with_parent
from deployments.exceptions import DeploymentError

ROOT = Path(__file__).resolve().parents[2]
READY_SECONDS = 60
STOP_SECONDS = 40  # how long an earlier run may take to end
INTERRUPTED = 128 + signal.SIGINT


def main() -> int:
    """Prepare, start, and stay until Ctrl-C; or do the main job once."""
    given = options.read(ROOT, Path(os.environ.get("CALLED_FROM", "")), sys.argv[1:])
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    for stream in (sys.stdout, sys.stderr):
        cast(TextIOWrapper, stream).reconfigure(errors="replace")  # whatever the terminal can show
    make_private(given.state)
    try:
        with _alone(given.state):
            if given.reset or (given.once and given.is_yours):
                _forget(given.state)
            _configure(given)
            return _run(given)
    except KeyboardInterrupt:
        say("Stopped.")
        return INTERRUPTED
    except DatabaseError as error:
        return _fail(f"The database in {given.state}: {error}. A new one: script/demo --reset")
    except (DeploymentError, RuntimeError, requests.RequestException) as error:
        return _fail(str(error))
    except OSError as error:
        return _fail(f"{error.filename}: {error.strerror}" if error.filename else str(error))


def _run(given: Options) -> int:
    django.setup()
    from chatops.demo import running  # noqa: PLC0415  models are there from here on

    with _supervisors_lock(given.state) as lock:
        running.prepare(given, say)
        with supervised(running.configuration(given), lock) as supervisor:
            say("Starting web, workers, sweeper and hosts …")
            running.wait_until_ready(given, supervisor, READY_SECONDS)
            if given.once:
                return running.once(given, say)
            running.greet(given, say)
            return _stay(supervisor)


def _stay(supervisor: subprocess.Popen[bytes]) -> int:
    """Wait for Ctrl-C. A supervisor that ends by itself was ended by somebody."""
    try:
        supervisor.wait()
    except KeyboardInterrupt:
        say("Stopping …")
        return 0
    raise RuntimeError("The processes were ended from outside. Start again: script/demo")


def say(text: str) -> None:
    print(text, flush=True)


def _fail(text: str) -> int:
    print(f"FAILED: {text}", file=sys.stderr, flush=True)
    return 1


@contextmanager
def supervised(command: list[str], *held: int) -> Iterator[subprocess.Popen[bytes]]:
    """Run the supervisor, in a session of its own so that it alone decides how all end."""
    process = subprocess.Popen(
        command,
        cwd=ROOT,  # from where the configuration's paths count
        env=supervision.environment(),
        start_new_session=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        pass_fds=held,
        preexec_fn=lambda: end_with_parent(signal.SIGTERM),  # noqa: PLW1509  no thread runs yet
    )
    try:
        yield process
    finally:
        _stop(process)


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End all processes in order; asked once more, at once."""
    process.terminate()
    try:
        process.wait()
    except KeyboardInterrupt:
        process.kill()  # its children end with it
        process.wait()


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


@contextmanager
def _alone(state: Path) -> Iterator[None]:
    """Hold the state folder's lock, or say that the demo runs already."""
    path = state.with_name(f"{state.name}.lock")
    with path.open("a", encoding="ascii") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            text = "The demo is running already; stop it with Ctrl-C in its terminal."
            raise RuntimeError(text) from None
        yield


@contextmanager
def _supervisors_lock(state: Path) -> Iterator[int]:
    """Hold what an earlier run's supervisor holds until the last of its processes has ended."""
    state.mkdir(mode=0o700, exist_ok=True)
    try:
        lock = supervision.hold(state)
    except BlockingIOError:
        say("An earlier run is still stopping …")
        lock = supervision.hold(state, STOP_SECONDS)
    try:
        yield lock
    finally:
        os.close(lock)


def _forget(state: Path) -> None:
    """Remove what an earlier run kept, once the last of its processes has ended."""
    with _supervisors_lock(state):
        shutil.rmtree(state)


def _configure(given: Options) -> None:
    """Put the demo's settings into the environment, whatever it said before."""
    for name in [name for name in os.environ if name.startswith("SHIPMATE_")]:
        del os.environ[name]
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "chatops.settings",
        "SHIPMATE_STATE": str(given.state),
        "SHIPMATE_URL": f"http://127.0.0.1:{given.port}",
        "SHIPMATE_DEMO": "true",
        # Whoever tries the API out by a tool asks more than a team's scripts do.
        "SHIPMATE_API_RATE": "3000/min",
        "SHIPMATE_API_WRITE_RATE": "1200/min",
    }
    if given.is_yours:
        # Whoever names a repository on the command line may read it, wherever its objects lie.
        os.environ["SHIPMATE_REPOSITORY_ROOTS"] = "/"


if __name__ == "__main__":
    sys.exit(main())
