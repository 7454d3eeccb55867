"""A change of one line in a large repository, on its way to many hosts at once.

Real sshd on the loopback address, each a host of its own; what is timed ends when the new release
lies on every host. The peers in the same run are the whole archive by the same code, and rsync
(where it is installed) from a checkout: `rsync_copied` copies what did not change from the release
before, as our delta does, and `rsync` links it, as `delta_linked` does. Packing is in our times;
making the checkout is not in rsync's.

    python -m benchmarks.transfer [--quick] [--json]
"""

from __future__ import annotations

import argparse
import json
import random
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from benchmarks.installation import configured

if TYPE_CHECKING:
    from deployments.providers.contract import Phase
    from tests.servers.repositories import Repository
    from tests.servers.sshd import Sshd

SENT = re.compile(r"Total bytes sent: ([\d,]+)")
WORDS = [b"deploy", b"release", b"host", b"queue", b"ledger", b"window", b"of", b"a", b"{", b"}"]


class Took(NamedTuple):
    seconds: float
    sent: int  # bytes, to all hosts together
    cpu: float  # of this program and what it started, without the hosts


@dataclass
class Bench:
    """The hosts, and the repository whose newest commit they are to get."""

    folder: Path
    hosts: list[Sshd]
    repository: Repository
    base: str
    releases: int = 0
    times: dict[str, list[Took]] = field(default_factory=dict)

    def ours(self, sha: str, *, trees: bool = True, read_only: bool = False) -> Took:
        """Bring a commit to all hosts as a deployment does; without trees all of it is sent.

        `read_only`: as where nothing writes to files that came with the code.
        """
        from deployments.runner.delivery import Delivery  # noqa: PLC0415  settings are there now
        from deployments.runner.fanout import Fleet  # noqa: PLC0415
        from deployments.services.packing import Packer  # noqa: PLC0415

        self.releases += 1
        phase = self._phase(sha, {"read_only": read_only})
        targets = {f"web-{n}": host.target(f"web-{n}") for n, host in enumerate(self.hosts)}
        with _timed() as took, Fleet(targets.values()) as fleet:
            packer = Packer(self.repository.path, sha)
            parcels = {
                host: Delivery(packer, phase.upload, phase.trees[host] if trees else "")
                for host in targets
            }
            sent = _sum(fleet.deliver(parcels))
            _sum(fleet.run([_task(host, phase, self.releases) for host in targets]))
        return took(sent)

    def rsync(self, sha: str, *, unchanged: str = "--link-dest") -> Took:
        checkout = self._checkout(sha)
        with _timed() as took:
            started = [self._rsync(host, checkout, sha, unchanged) for host in self.hosts]
            said = [process.communicate()[0] for process in started]
        return took(sum(int(SENT.findall(text)[0].replace(",", "")) for text in said))

    def _rsync(self, host: Sshd, checkout: Path, sha: str, unchanged: str) -> subprocess.Popen[str]:
        ssh = (
            f"ssh -p {host.port} -i {host.folder}/login -o StrictHostKeyChecking=no"
            " -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR"
        )
        (host.folder / "login").write_text(host.login.private)
        (host.folder / "login").chmod(0o600)
        there = f"127.0.0.1:{host.home}/rsynced"
        command = ["rsync", "-az", "--delete", "--stats", f"{unchanged}={host.home}/rsynced/base"]
        command += ["-e", ssh, f"{checkout}/", f"{there}/{sha}/"]
        return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)

    def _checkout(self, sha: str) -> Path:
        """Put a commit into the one checkout; files that did not change keep their time."""
        checkout = self.folder / "checkout"
        checkout.mkdir(exist_ok=True)
        self.repository.git(f"--work-tree={checkout}", "checkout", "--force", sha, "--", ".")
        return checkout

    def _phase(self, sha: str, settings: dict[str, bool]) -> Phase:
        from deployments.providers.contract import Context, HostSpec  # noqa: PLC0415
        from deployments.providers.ssh import SshProvider  # noqa: PLC0415

        hosts = tuple(HostSpec(f"web-{n}", "127.0.0.1") for n in range(len(self.hosts)))
        number = self.releases
        told = {"task": "deploy", "ref": "main", "who": "bench", "settings": settings}
        names = {"application": "app", "environment": "live", "release": str(number)}
        made = Context(number=number, sha=sha, hosts=hosts, **told, **names)  # type: ignore[arg-type]
        return SshProvider().phases(made)[0]

    def begin(self) -> None:
        """Have the first commit lie on all hosts, for us and for rsync."""
        self.ours(self.base)
        checkout = self._checkout(self.base)
        for host in self.hosts:
            subprocess.run(
                ["cp", "-a", str(checkout), str(host.home / "rsynced" / "base")], check=True
            )

    def make_room(self, sha: str) -> None:
        """Take away what was brought: the disk need not hold it for all rounds."""
        for host in self.hosts:
            shutil.rmtree(host.home / "app-live" / "releases", ignore_errors=True)
            shutil.rmtree(host.home / "rsynced" / sha, ignore_errors=True)

    def change(self, number: int) -> str:
        return self.repository.commit({"dir1/f1.py": f"one line more: {number}\n"})


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n", maxsplit=1)[0])
    parser.add_argument("--quick", action="store_true", help="20 MB to 3 hosts, one round")
    parser.add_argument("--json", action="store_true", help="print one object and nothing else")
    given = parser.parse_args()
    with configured():
        found = measure(*(3, 20, 1) if given.quick else (10, 200, 3))
    print(json.dumps(found) if given.json else _table(found))
    if found["delta_to_archive_ratio"] > 1:
        sys.exit(1)


def measure(hosts: int, megabytes: int, rounds: int) -> dict[str, float]:
    """Return medians of seconds and bytes for each way, and ratios by name."""
    with _bench(hosts, megabytes) as bench:
        bench.begin()
        ways: dict[str, Callable[[str], Took]] = {
            "delta": bench.ours,
            "delta_linked": lambda sha: bench.ours(sha, read_only=True),
            "archive": lambda sha: bench.ours(sha, trees=False),
        }
        if shutil.which("rsync"):
            ways["rsync"] = bench.rsync
            ways["rsync_copied"] = lambda sha: bench.rsync(sha, unchanged="--copy-dest")
        for number in range(rounds):
            sha = bench.change(number)
            for name in random.sample(list(ways), len(ways)):
                if name.startswith("delta"):
                    _forget(bench, sha)
                bench.times.setdefault(name, []).append(ways[name](sha))
                bench.make_room(sha)
    return _figures(bench.times)


def _figures(times: dict[str, list[Took]]) -> dict[str, float]:
    found: dict[str, float] = {}
    for name, all_of_it in times.items():
        found[f"{name}_seconds"] = statistics.median(one.seconds for one in all_of_it)
        found[f"{name}_bytes"] = statistics.median(one.sent for one in all_of_it)
        found[f"{name}_cpu_seconds"] = statistics.median(one.cpu for one in all_of_it)
    for peer in set(times) - {"delta", "delta_linked"}:
        found[f"delta_linked_to_{peer}_ratio"] = (
            found["delta_linked_seconds"] / found[f"{peer}_seconds"]
        )
        found[f"delta_to_{peer}_ratio"] = found["delta_seconds"] / found[f"{peer}_seconds"]
        found[f"delta_bytes_to_{peer}_ratio"] = found["delta_bytes"] / found[f"{peer}_bytes"]
    return {name: float(f"{value:.3g}") for name, value in found.items()}


def _forget(bench: Bench, sha: str) -> None:
    """Take the tree away that another way left, so that only what changed can be sent."""
    for host in bench.hosts:
        shutil.rmtree(host.home / "app-live" / "trees" / sha, ignore_errors=True)


@contextmanager
def _bench(hosts: int, megabytes: int) -> Iterator[Bench]:
    from tests.servers import sshd  # noqa: PLC0415  settings are there now
    from tests.servers.repositories import Repository  # noqa: PLC0415

    with tempfile.TemporaryDirectory(prefix="shipmate-bench-") as name, ExitStack() as stack:
        folder = Path(name)
        running = [
            stack.enter_context(sshd.running(folder / f"web-{number}")) for number in range(hosts)
        ]
        for host in running:
            (host.home / "rsynced").mkdir()
        repository = Repository(folder / "app.git")
        yield Bench(folder, running, repository, repository.commit(dict(_files(megabytes))))


def _files(megabytes: int) -> Iterator[tuple[str, bytes]]:
    """Give 25 files a megabyte: a third of it like pictures, the rest like text."""
    chance = random.Random(7)  # noqa: S311  the same files each time
    for number in range(25 * megabytes):
        name = f"dir{number % 97}/f{number}.py"
        if number % 50 == 0:
            yield name, chance.randbytes(667_000)
        else:
            yield name, b" ".join(chance.choices(WORDS, k=4_800))


@contextmanager
def _timed() -> Iterator[Callable[[int], Took]]:
    """Time a block; what it gives makes a Took of the bytes that were sent meanwhile."""
    started, cpu = time.perf_counter(), _cpu()
    ended: list[float] = []

    def took(sent: int) -> Took:
        return Took(ended[0] - started, sent, ended[1] - cpu)

    yield took
    ended += [time.perf_counter(), _cpu()]


def _cpu() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def _sum(events: Iterator[Any]) -> int:
    """Read all events; return the bytes that hosts were sent."""
    from deployments.runner.flow import Done  # noqa: PLC0415
    from deployments.runner.follow import Outcome  # noqa: PLC0415

    sent = 0
    for event in events:
        if isinstance(event, Done):
            if not isinstance(event.result, Outcome) or event.result.code != 0:
                raise RuntimeError(str(event))
            sent += event.result.position or 0
    return sent


def _task(host: str, phase: Phase, number: int) -> Any:
    from deployments.runner.follow import Run  # noqa: PLC0415
    from deployments.runner.jobs import Task  # noqa: PLC0415

    return Task(host, Run(f"{number}-bench.{host}", phase.scripts[host]))


def _table(found: dict[str, float]) -> str:
    return "\n".join(f"{name:32} {value:>14,.7g}" for name, value in found.items())


if __name__ == "__main__":
    main()
