"""What all candidates have in common: the hosts, the steps, and how a turn is measured.

A candidate stays a process for the whole measurement, as a worker does. For each line on standard
input it does one turn and prints one object: wall seconds, and CPU seconds of its own and of all
that it started.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

BECOME_SUBREAPER = 36  # PR_SET_CHILD_SUBREAPER: what leaves its parent is our child then
STEPS = (
    'mkdir -p "$HOME/bench/releases/1"',
    "echo 'release 1' >\"$HOME/bench/releases/1/file\"",
    'sha256sum "$HOME/bench/releases/1/file"',
    'ln -sfn "$HOME/bench/releases/1" "$HOME/bench/current"',
    'cat "$HOME/bench/current/file"',
)
SCRIPT = "set -e\n" + "".join(f"{step}\n" for step in STEPS)
LAST_LINE = "release 1"


class Place(NamedTuple):
    """One sshd on the loopback address."""

    name: str
    port: int
    host_key: str


class Inventory(NamedTuple):
    """The hosts, and what lies in the folder to sign in with: login, known_hosts, ssh_config."""

    folder: Path
    user: str
    hosts: list[Place]

    @property
    def login(self) -> Path:
        return self.folder / "login"

    @property
    def known_hosts(self) -> Path:
        return self.folder / "known_hosts"

    @property
    def ssh_config(self) -> Path:
        return self.folder / "ssh_config"


def inventory() -> Inventory:
    """Read the file that the first argument names."""
    told = json.loads(Path(sys.argv[1]).read_text())
    return Inventory(Path(told["folder"]), told["user"], [Place(*host) for host in told["hosts"]])


def answer(turn: Callable[[], dict[str, float] | None]) -> None:
    """Do a turn for each line; a turn may tell more figures of its own."""
    ctypes.CDLL(None).prctl(BECOME_SUBREAPER, 1, 0, 0, 0)
    for _ in sys.stdin:
        began, cpu = time.perf_counter(), used()
        more = turn() or {}
        seconds = time.perf_counter() - began
        _reap()
        print(json.dumps({"seconds": seconds, "cpu": used() - cpu, **more}), flush=True)


def used() -> float:
    """Return the CPU seconds of this process and of all children that have ended."""
    both = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in both)


def command(words: Sequence[str], **options: Any) -> str:
    """Run a program and return what it prints, complaints too; it has to end well."""
    both: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    done = subprocess.run(words, text=True, check=False, **both, **options)
    said = str(done.stdout)
    if done.returncode:
        raise RuntimeError(f"{words[0]}: {said[-3000:]}")
    return said


def expect(done: int, hosts: Inventory) -> None:
    if done != len(hosts.hosts):
        raise RuntimeError(f"{done} of {len(hosts.hosts)} hosts did all steps")


def _reap() -> None:
    """Wait for what its parent left behind, so that its CPU counts."""
    while True:
        try:
            os.waitpid(-1, 0)
        except ChildProcessError:
            return
