"""Five small steps on many hosts at once, beside what else would do them.

Real sshd on the loopback address, each a host of its own. Shipmate's runner does the steps as a
deployment does: under the wrapper, so that each run outlives whatever dies here. The peers do them
as they are used, and nothing of theirs outlives a broken connection; `openssh_wrapped` alone runs
our wrapper too. Turns are interleaved; what a process pays once (imports, parsing a key) is paid
before, except by command lines, which pay it each time.

    python -m benchmarks.fanout [--quick] [--json] [--hosts 1,10,50,200] [--rounds N]
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from typing import IO, TYPE_CHECKING

from benchmarks.memory import peak
from benchmarks.round_trips import round_trips

if TYPE_CHECKING:
    from tests.servers.sshd import Sshd

ROOT = Path(__file__).parent.parent
PEERS = ROOT / ".peers"
MODULES = {"fabric": "fabric_group", "pyinfra": "pyinfra_cli", "ansible": "ansible_cli"}
INSTALL = (
    "To compare with Fabric, pyinfra and Ansible:\n"
    "  python3 -m venv .peers && .peers/bin/pip install -r benchmarks/peers/requirements.txt\n"
    "and with Capistrano's engine, as root: apt-get install ruby-sshkit"
)
FULL = {1: 15, 10: 9, 50: 5, 200: 3}  # rounds for each number of hosts
QUICK = {1: 3, 10: 2}
SLOW = ("ansible", "pyinfra")  # where they take a minute, one turn tells all
MANY = 50
OUR_OWN = ("ours", "openssh", "openssh_wrapped")
PATIENCE = 240  # seconds for a turn
FIGURES = ("wall", "cpu", "memory")
CONFIG = """\
IdentityFile {folder}/login
IdentitiesOnly yes
IdentityAgent none
UserKnownHostsFile {folder}/known_hosts
GlobalKnownHostsFile /dev/null
StrictHostKeyChecking yes
BatchMode yes
PreferredAuthentications publickey
KexAlgorithms curve25519-sha256
Ciphers aes128-gcm@openssh.com
"""


class DidNotEnd(RuntimeError):
    """A candidate ended without having done its turn."""


class Candidate:
    """A process that does a turn when it is asked."""

    def __init__(self, name: str, command: list[str]) -> None:
        self.name = name
        self.figures: dict[str, list[float]] = {}
        self._process = subprocess.Popen(
            command, cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    def turn(self) -> dict[str, float]:
        """Have it do a turn and return what that took."""
        # Not all of them have time-outs of their own, and a turn may wait for a host for ever.
        patience = threading.Timer(PATIENCE, self._process.kill)
        patience.start()
        try:
            _pipe(self._process.stdin).write("go\n")
            _pipe(self._process.stdin).flush()
            told = _pipe(self._process.stdout).readline()
        finally:
            patience.cancel()
        if not told:
            raise DidNotEnd(f"{self.name} failed, or took longer than {PATIENCE} seconds.")
        found: dict[str, float] = json.loads(told)
        return found

    def measure(self) -> None:
        for figure, value in self.turn().items():
            self.figures.setdefault(figure, []).append(value)

    def measure_memory(self) -> dict[str, float]:
        with peak(self._process.pid) as found:
            took = self.turn()
        self.figures["memory"] = [found[0]]
        return took

    def measure_all(self) -> None:
        """Measure time and memory in one turn."""
        self.figures |= {figure: [value] for figure, value in self.measure_memory().items()}

    def median(self, figure: str) -> float:
        return median(self.figures[{"wall": "seconds"}.get(figure, figure)])

    def close(self) -> None:
        _pipe(self._process.stdin).close()
        self._process.wait()


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n", maxsplit=1)[0])
    parser.add_argument("--quick", action="store_true", help="1 and 10 hosts, few rounds")
    parser.add_argument("--json", action="store_true", help="print one object and nothing else")
    parser.add_argument("--hosts", help="numbers of hosts, with commas between")
    parser.add_argument("--rounds", type=int, help="as many for each number of hosts")
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # the hosts are ended then, too
    found = measure(_rounds(given))
    missed = [name for name, limit in limits(found).items() if found[name] > limit]
    print(json.dumps(found) if given.json else _table(found, missed))
    if len(_commands(Path())) < len(MODULES) + 4:
        print(INSTALL, file=sys.stderr)
    if missed:
        sys.exit(1)


def _rounds(given: argparse.Namespace) -> dict[int, int]:
    usual = QUICK if given.quick else FULL
    sizes = [int(size) for size in given.hosts.split(",")] if given.hosts else list(usual)
    return {size: given.rounds or usual.get(size) or 3 for size in sizes}


def measure(rounds: dict[int, int]) -> dict[str, float]:
    """Return medians and ratios, for each number of hosts."""
    found: dict[str, float] = {}
    with _hosts(max(rounds)) as (folder, hosts):
        for size, times in rounds.items():
            with _candidates(folder / str(size), hosts[:size]) as candidates:
                done = _take_turns(candidates, size, times)
            found |= _figures(size, {candidate.name: candidate for candidate in done})
        found |= round_trips(lambda port: _alone(folder, hosts[0], port), hosts[0].port)
    return {name: float(f"{value:.4g}") for name, value in found.items()}


def _take_turns(candidates: list[Candidate], size: int, times: int) -> list[Candidate]:
    """Return those who did all their turns; a peer that did not has no figures."""
    failed: list[Candidate] = []

    def take(candidate: Candidate, turn: Callable[[], object]) -> None:
        try:
            if candidate not in failed:
                turn()
        except DidNotEnd as error:
            if candidate.name in OUR_OWN:
                raise
            failed.append(candidate)
            print(f"{size} hosts: {error}", file=sys.stderr)

    slow = [one for one in candidates if one.name in SLOW and size >= MANY]
    quick = [one for one in candidates if one not in slow]
    for candidate in quick:
        take(candidate, candidate.turn)
    for _ in range(times):
        for candidate in random.sample(quick, len(quick)):
            take(candidate, candidate.measure)
    for candidate in quick:
        take(candidate, candidate.measure_memory)
    for candidate in slow:
        take(candidate, candidate.measure_all)
    return [candidate for candidate in candidates if candidate not in failed]


def _figures(size: int, candidates: dict[str, Candidate]) -> dict[str, float]:
    ours, found = candidates["ours"], {}
    for name, one in candidates.items():
        for figure in FIGURES:
            found[f"{name}_{figure}_{size}"] = one.median(figure)
            if one is not ours:
                ratio = ours.median(figure) / one.median(figure)
                found[f"{figure}_{size}_to_{name}_ratio"] = ratio
    found[f"kept_wall_{size}"] = ours.median("kept_seconds")
    kept = ours.median("kept_seconds") / candidates["openssh"].median("wall")
    found[f"kept_{size}_to_openssh_ratio"] = kept
    found[f"client_cpu_ms_a_host_{size}"] = 1000 * ours.median("cpu") / size
    return found


def limits(found: dict[str, float]) -> dict[str, float]:
    """Return the most that each figure may be, of those that were measured."""
    rivals = [*MODULES, "sshkit"]
    sizes = [size for size in FULL if f"ours_wall_{size}" in found]
    of = {
        f"{figure}_{size}_to_{peer}_ratio": 1.0
        for figure in FIGURES
        for size in sizes
        for peer in rivals
    }
    of |= {"wall_1_to_openssh_ratio": 0.6}
    of |= {f"wall_{size}_to_openssh_ratio": 1.0 for size in (10, 50)}
    of |= {f"wall_{size}_to_openssh_wrapped_ratio": 0.8 for size in sizes}
    of |= {f"client_cpu_ms_a_host_{size}": 10.0 for size in sizes}
    of |= {f"kept_{size}_to_openssh_ratio": 0.4 for size in sizes}
    of |= {"round_trips_cold": 9, "round_trips_kept": 4}
    return {name: limit for name, limit in of.items() if name in found}


def _commands(folder: Path) -> dict[str, list[str]]:
    """Return the command of each candidate that can be had on this machine.

    Each finds its inventory in a folder of its own name.
    """
    modules = [("ours", sys.executable, "ours"), ("openssh", sys.executable, "openssh")]
    modules += [("openssh_wrapped", sys.executable, "openssh")]
    theirs = PEERS / "bin" / "python"
    if theirs.exists():
        modules += [(name, str(theirs), module) for name, module in MODULES.items()]
    commands = {
        name: [python, "-m", f"benchmarks.peers.{module}", str(folder / name / "inventory.json")]
        for name, python, module in modules
    }
    commands["openssh_wrapped"] += ["wrapped"]
    if _has_sshkit():
        own = str(folder / "sshkit" / "inventory.json")
        commands["sshkit"] = ["ruby", str(ROOT / "benchmarks/peers/sshkit.rb"), own]
    return commands


def _has_sshkit() -> bool:
    if shutil.which("ruby") is None:
        return False
    words = ["ruby", "-e", "require 'sshkit'"]
    return subprocess.run(words, stderr=subprocess.DEVNULL, check=False).returncode == 0


@contextmanager
def _candidates(folder: Path, hosts: list[Sshd]) -> Iterator[list[Candidate]]:
    with ExitStack() as stack:
        running = []
        for name, command in _commands(folder).items():
            write_inventory(folder / name, hosts, [host.port for host in hosts])
            running.append(Candidate(name, command))
            stack.callback(running[-1].close)
        yield running


@contextmanager
def _alone(folder: Path, host: Sshd, port: int) -> Iterator[Candidate]:
    """Run our candidate against one host by way of another port."""
    inventory = write_inventory(folder / f"by-{port}", [host], [port])
    candidate = Candidate("ours", [sys.executable, "-m", "benchmarks.peers.ours", str(inventory)])
    try:
        yield candidate
    finally:
        candidate.close()


def write_inventory(folder: Path, hosts: list[Sshd], ports: list[int]) -> Path:
    """Write what benchmarks.peers.turns reads, and what OpenSSH wants to know."""
    from benchmarks.peers import turns  # noqa: PLC0415

    folder.mkdir(parents=True)
    places = [(f"web-{port}", port, host.host_key) for host, port in zip(hosts, ports, strict=True)]
    target = hosts[0].target()
    (folder / "login").write_text(target.private_key)
    (folder / "login").chmod(0o600)
    known = [f"[127.0.0.1]:{port} {key}\n" for _, port, key in places]
    (folder / "known_hosts").write_text("".join(known))
    (folder / "ssh_config").write_text(CONFIG.format(folder=folder))
    told = {
        "folder": str(folder),
        "user": target.user,
        "hosts": places,
        "steps": turns.STEPS,
        "last_line": turns.LAST_LINE,
    }
    (folder / "inventory.json").write_text(json.dumps(told))
    return folder / "inventory.json"


@contextmanager
def _hosts(number: int) -> Iterator[tuple[Path, list[Sshd]]]:
    """Have as many hosts, which all let the same key in."""
    from tests.servers import sshd  # noqa: PLC0415

    with tempfile.TemporaryDirectory(prefix="shipmate-bench-") as name, ExitStack() as stack:
        folder = Path(name)
        hosts = [stack.enter_context(sshd.running(folder / f"web-{n}")) for n in range(number)]
        for host in hosts:
            (host.folder / "authorized_keys").write_text(f"{hosts[0].login.public}\n")
        yield folder, hosts


def _pipe(pipe: IO[str] | None) -> IO[str]:
    assert pipe is not None  # noqa: S101  asked for where the process was started
    return pipe


def _table(found: dict[str, float], missed: list[str]) -> str:
    limit = limits(found)
    rows = [
        f"{name:36} {value:>12,.4g}"
        + (f"   limit {limit[name]:g}" if name in limit else "")
        + ("   MISSED" if name in missed else "")
        for name, value in found.items()
    ]
    return "\n".join(rows)


if __name__ == "__main__":
    main()
