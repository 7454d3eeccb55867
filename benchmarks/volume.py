"""A host that prints 100,000 lines: until all of them are masked and stored.

A whole task of a deployment is timed, from the worker's claim to its end, in a process that has
done one before, with five secrets to mask. The peer in the same run is the OpenSSH client, which
gets the same lines from the same sshd and throws them away. Memory is that of the worker, for as
many lines and for ten times as many.

    python -m benchmarks.volume [--quick] [--json]
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from typing import TYPE_CHECKING

from benchmarks.installation import configured
from benchmarks.memory import peak

if TYPE_CHECKING:
    from tests.deployments.services.world import World

LINES = 100_000
MORE = 10
SECRETS = 5
LINE = "%07d compiling module %d of the application, warning: nothing to be seen here, moving on\n"
LIMITS = {"stored_to_ssh_cat_ratio": 3.0, "memory_of_ten_times_ratio": 1.1}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n", maxsplit=1)[0])
    parser.add_argument("--quick", action="store_true", help="2 rounds in place of 9")
    parser.add_argument("--json", action="store_true", help="print one object and nothing else")
    given = parser.parse_args()
    with configured(), _world() as world:
        found = measure(world, 2 if given.quick else 9)
    print(json.dumps(found) if given.json else _table(found))
    if any(found[name] > limit for name, limit in LIMITS.items()):
        sys.exit(1)


def measure(world: World, rounds: int) -> dict[str, float]:
    """Return medians of seconds, megabytes, and ratios by name."""
    _print_lines(world, LINES)
    _task(world)()
    took: dict[str, list[tuple[float, float]]] = {"stored": [], "ssh_cat": []}
    for _ in range(rounds):
        took["stored"].append(_timed(_task(world)))
        took["ssh_cat"].append(_timed(lambda: _ssh_cat(world)))
    found = {f"{name}_seconds": median(s for s, _ in each) for name, each in took.items()}
    found["stored_cpu_seconds"] = median(cpu for _, cpu in took["stored"])
    found["stored_to_ssh_cat_ratio"] = found["stored_seconds"] / found["ssh_cat_seconds"]
    with peak(os.getpid()) as once:
        for _ in range(3):
            _task(world)()
    _print_lines(world, MORE * LINES)
    with peak(os.getpid()) as more:
        _task(world)()
    found |= {"memory_megabytes": once[0], "memory_of_ten_times_megabytes": more[0]}
    found["memory_of_ten_times_ratio"] = more[0] / once[0]
    return {name: float(f"{value:.4g}") for name, value in found.items()}


def _task(world: World) -> Callable[[], None]:
    """Ask for the task; return what has a worker do it, and sees that all lines are stored."""
    from deployments import tasks  # noqa: PLC0415  models are there only now
    from deployments.models import Deployment  # noqa: PLC0415
    from deployments.services import lifecycle  # noqa: PLC0415
    from tests.deployments.services.queueing import lose  # noqa: PLC0415

    asked = lifecycle.request(world.environment, "main", world.door, task="print")
    lose()
    printed = int((world.hosts[0].home / "count").read_text())

    def work() -> None:
        tasks.run(asked.pk)
        done = Deployment.objects.get(pk=asked.pk)
        if done.status != "success" or done.log_lines < printed:
            raise RuntimeError(f"{done.status}: {done.note} ({done.log_lines} lines)")

    return work


def _ssh_cat(world: World) -> None:
    host = world.hosts[0]
    words = ["ssh", "-p", str(host.port), "-i", str(host.folder / "login")]
    words += [f"-oUserKnownHostsFile={host.folder}/known_hosts", "-oBatchMode=yes"]
    words += ["-oKexAlgorithms=curve25519-sha256", "-oCiphers=aes128-gcm@openssh.com"]
    words += [f"{host.target().user}@127.0.0.1", 'cat "$HOME/lines"']
    subprocess.run(words, stdout=subprocess.DEVNULL, check=True)


def _timed(work: Callable[[], None]) -> tuple[float, float]:
    began, cpu = perf_counter(), process_time()
    work()
    return perf_counter() - began, process_time() - cpu


def _print_lines(world: World, count: int) -> None:
    home = world.hosts[0].home
    with (home / "lines").open("w") as file:
        file.writelines(LINE % (number, number) for number in range(count))
    (home / "count").write_text(str(count))


@contextmanager
def _world() -> Iterator[World]:
    """Have one host with a release on it, and an application whose task prints the lines."""
    from django.conf import settings  # noqa: PLC0415  they are there only now
    from django.core.management import call_command  # noqa: PLC0415

    from deployments.services import credentials  # noqa: PLC0415
    from tests.deployments import build  # noqa: PLC0415
    from tests.deployments.services import world as world_of  # noqa: PLC0415

    call_command("migrate", interactive=False, verbosity=0)
    call_command("createcachetable", verbosity=0)
    with tempfile.TemporaryDirectory() as name, world_of.running(Path(name), 1) as hosts:
        world = world_of.make(hosts, Path(settings.STATE) / "repositories")
        for number in range(SECRETS):
            secret = f"{number}-Zx81'ab+/=?{os.urandom(8).hex()}"
            credentials.set_secret(
                f"SECRET_{number}", secret, build.maker(), environment=world.environment
            )
        world.settings(tasks={"print": {"commands": ['cat "$HOME/lines"']}})
        world.deploy()
        (hosts[0].folder / "login").write_text(hosts[0].login.private)
        (hosts[0].folder / "login").chmod(0o600)
        known = f"[127.0.0.1]:{hosts[0].port} {hosts[0].host_key}\n"
        (hosts[0].folder / "known_hosts").write_text(known)
        yield world


def _table(found: dict[str, float]) -> str:
    limit = {name: f"   limit {value:g}" for name, value in LIMITS.items()}
    rows = [f"{name:36} {value:>10.4g}{limit.get(name, '')}" for name, value in found.items()]
    return "\n".join(rows)


if __name__ == "__main__":
    main()
