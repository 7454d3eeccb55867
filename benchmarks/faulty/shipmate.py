"""A real Shipmate: what script/server runs, in a state folder of its own, to be struck."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import psutil
import requests

from benchmarks.faulty.hosts import mount, unmount
from tests.servers.checkout import free_port

ROOT = Path(__file__).resolve().parent.parent.parent
EDGE = Path(__file__).with_name("edge")
FAKETIME = Path("/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1")
CLUSTERS = 2
READY_SECONDS = 180
DISK = "400m"


class Shipmate:
    """Web, workers and sweeper under their supervisor."""

    def __init__(self, folder: Path, variables: dict[str, str], *, workers: int, clock: bool):
        self.folder = folder
        self.state = folder / "state"
        self.names = folder / "names-resolve"
        self.clock = folder / "clock"
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.workers = workers
        self.variables = self._variables() | variables | (self._clock() if clock else {})
        self._process: subprocess.Popen[bytes] | None = None
        self.state.mkdir(mode=0o700)
        self.state_is_small = mount(self.state, DISK)
        self.names.touch()
        self.clock.write_text("+0\n")

    def _variables(self) -> dict[str, str]:
        return {
            "DJANGO_SETTINGS_MODULE": "chatops.settings",
            "SHIPMATE_STATE": str(self.state),
            "SHIPMATE_URL": self.url,
            "SHIPMATE_REPOSITORY_ROOTS": str(self.folder),
            "SHIPMATE_DEPLOY_WORKERS": str(self.workers),
            "SHIPMATE_API_RATE": "100000/min",
            "SHIPMATE_API_WRITE_RATE": "100000/min",
            "PYTHONPATH": f"{EDGE}:{ROOT}",
            "FAULTY_NAMES": str(self.names),
        }

    def _clock(self) -> dict[str, str]:
        return {
            "LD_PRELOAD": str(FAKETIME),
            "FAKETIME_TIMESTAMP_FILE": str(self.clock),
            "FAKETIME_CACHE_DURATION": "1",
            "DONT_FAKE_MONOTONIC": "1",
        }

    def start(self) -> float:
        """Start all processes; return the seconds until the pages answer."""
        begun = time.monotonic()
        with (self.folder / "said.txt").open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "manage.py", "serve", *self._options()],
                cwd=ROOT,
                env=without_ours() | self.variables,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        until(self.is_ready, READY_SECONDS, "Shipmate did not come up")
        return time.monotonic() - begun

    def _options(self) -> list[str]:
        return ["--port", str(self.port), "--clusters", str(CLUSTERS)]

    def is_ready(self) -> bool:
        if self._process is None or self._process.poll() is not None:
            raise RuntimeError((self.folder / "said.txt").read_text()[-3000:])
        try:
            return requests.get(f"{self.url}/readyz", timeout=5).status_code == 200
        except requests.RequestException:
            return False

    def crash(self) -> None:
        """Kill all its processes at the same moment."""
        for process in self.all():
            kill(process)
        if self._process is not None:
            self._process.wait(30)
            self._process = None

    def end(self) -> None:
        self.crash()
        if self.state_is_small:
            unmount(self.state)

    def all(self) -> list[psutil.Process]:
        if self._process is None:
            return []
        main = psutil.Process(self._process.pid)
        with suppress(psutil.NoSuchProcess):
            return [main, *main.children(recursive=True)]
        return [main]

    def kind(self, word: str, cluster: str = "") -> list[psutil.Process]:
        """Return main processes by a word of their command line, and by their cluster's name."""
        found = psutil.Process(self._pid()).children()
        return [process for process in found if _is_of_kind(process, word, cluster)]

    def worker(self, name: str) -> psutil.Process | None:
        """Return the process of a worker, by the name that stands in a deployment's row."""
        number = int(name.rpartition(":")[2] or 0)
        return next((p for p in self.all() if p.pid == number), None)

    def deploy_workers(self) -> list[psutil.Process]:
        """Return the workers of the clusters for deployments."""
        found = []
        for main in self.kind("qcluster", "deploy"):
            for sentinel in _children(main):
                found += _children(sentinel)[: self.workers]
        return found

    def _pid(self) -> int:
        if self._process is None:
            raise RuntimeError("Shipmate does not run")
        return self._process.pid


def _is_of_kind(process: psutil.Process, word: str, cluster: str) -> bool:
    with suppress(psutil.Error):  # it may end between two looks
        name = process.environ().get("Q_CLUSTER_NAME", "") if cluster else ""
        return word in " ".join(process.cmdline()) and name == cluster
    return False


def _children(process: psutil.Process) -> list[psutil.Process]:
    with suppress(psutil.Error):
        return list(process.children())
    return []


def kill(process: psutil.Process, number: int = signal.SIGKILL) -> None:
    with suppress(psutil.NoSuchProcess):
        process.send_signal(number)


def without_ours() -> dict[str, str]:
    """Return the environment without what another installation was started with."""
    return {k: v for k, v in os.environ.items() if not k.startswith(("SHIPMATE_", "DJANGO_"))}


def until(true: Callable[[], object], seconds: float, otherwise: str) -> None:
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            raise TimeoutError(f"{otherwise} within {seconds:.0f} s")
        time.sleep(0.05)
