"""A copy of this checkout, run as a newcomer runs it: its scripts, and what they start."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import requests

ROOT = Path(__file__).resolve().parent.parent.parent
START_SECONDS, STOP_SECONDS = 180, 60


def copy(folder: Path) -> Path:
    """Copy what git would hand out, with this run's virtual environment."""
    command = ["git", "ls-files", "-co", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True)
    for name in filter(None, os.fsdecode(listed.stdout).split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    (folder / ".venv").symlink_to(sys.prefix)
    return folder


def environment(**more: str) -> dict[str, str]:
    """Return this environment without what these tests were started with."""
    kept = {n: v for n, v in os.environ.items() if not n.startswith(("SHIPMATE_", "DJANGO_"))}
    return {**kept, **more}


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


def run(
    script: Path, *arguments: str, here: Path | None = None, more: dict[str, str] | None = None
) -> tuple[int, str]:
    """Run a script to its end; return its exit code and all that it said."""
    done = subprocess.run(
        [str(script), *arguments],
        cwd=here,
        env=environment(**(more or {})),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=200,
        check=False,
    )
    return done.returncode, done.stdout


class Running:
    """A script that stays in the foreground, with the processes that belong to its folder."""

    address = "127.0.0.1"

    def __init__(self, checkout: Path, *command: str, **more: str) -> None:
        self.checkout = checkout
        self.command = [str(checkout / command[0]), *command[1:]]
        self.port = free_port()
        self.log = checkout / "said.txt"
        self.more = more
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it in a group of its own, as a terminal does, and wait until it serves."""
        with self.log.open("wb") as log:
            started = subprocess.Popen(
                [*self.command, "--port", str(self.port)],
                env=environment(**self.more),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.process = started
        self.wait(lambda: self.is_ready() or started.poll() is not None, START_SECONDS)
        assert started.poll() is None, self.log.read_text()

    @property
    def url(self) -> str:
        return f"http://{self.address}:{self.port}"

    def is_ready(self) -> bool:
        try:
            answer = requests.get(f"{self.url}/readyz", timeout=5)
        except requests.RequestException:
            return False
        return answer.status_code == 200

    def interrupt(self) -> int:
        """Press Ctrl-C: the terminal tells the whole foreground group."""
        assert self.process is not None
        os.killpg(self.process.pid, signal.SIGINT)
        return self.process.wait(STOP_SECONDS)

    def end(self) -> None:
        """Leave nothing behind, whatever state it is in."""
        for process in self.processes():
            with suppress(psutil.NoSuchProcess):  # ended by another that was killed
                process.kill()
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def processes(self) -> list[psutil.Process]:
        """Return what runs out of this checkout."""
        return [process for process in psutil.process_iter() if is_of(process, self.checkout)]

    def mains(self) -> dict[str, psutil.Process]:
        """Return the supervisor's children by what they are."""
        return {_kind(child): child for child in self.supervisor().children()}

    def supervisor(self) -> psutil.Process:
        return next(p for p in self.processes() if "chatops.supervisord" in p.cmdline())

    @staticmethod
    def wait(true: Callable[[], object], seconds: float = 30) -> None:
        until = time.monotonic() + seconds
        while not _tried(true):
            assert time.monotonic() < until, f"not so after {seconds} s"
            time.sleep(0.1)


@contextmanager
def running(checkout: Path, *command: str, **more: str) -> Iterator[Running]:
    made = Running(checkout, *command, **more)
    try:
        made.start()
        yield made
    finally:
        made.end()


def _tried(true: Callable[[], object]) -> object:
    try:
        return true()
    except (psutil.Error, LookupError, StopIteration):  # in the middle of a change
        return False


def is_of(process: psutil.Process, checkout: Path) -> bool:
    try:
        return Path(process.cwd()).is_relative_to(checkout) and process.status() != "zombie"
    except psutil.Error:
        return False


def _kind(process: psutil.Process) -> str:
    words = " ".join(process.cmdline())
    found = re.search(r"uvicorn|qcluster|sweeper|ssh_target", words)
    if found is None:
        return ""  # it has not become what it will be yet
    return process.environ()["Q_CLUSTER_NAME"] if found[0] == "qcluster" else found[0]
