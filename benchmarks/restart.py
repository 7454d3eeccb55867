"""Everything is killed while a deployment runs, and started again: when its log moves.

Web, workers and sweeper get SIGKILL at once, with their supervisor, while a host prints a line ten
times a second; the host knows nothing of it. The clock begins when the supervisor is started again.
The peer in the same run is a start with nothing to go on with: until the worker says that it lives.

    python -m benchmarks.restart [--quick] [--json]
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from statistics import median
from subprocess import Popen
from typing import TYPE_CHECKING

import psutil

from benchmarks.installation import READY_SECONDS, configured
from chatops.demo.__main__ import supervised

if TYPE_CHECKING:
    from chatops.demo.options import Options
    from deployments.models import Deployment
    from tests.deployments.services.world import World

LIMIT = 5.0  # seconds
PATIENCE = 60.0
POLL = 0.02
TALK = "for n in $(seq 3000); do echo line $n; sleep .1; done"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n", maxsplit=1)[0])
    parser.add_argument("--quick", action="store_true", help="one restart in place of 5")
    parser.add_argument("--json", action="store_true", help="print one object and nothing else")
    given = parser.parse_args()
    with configured() as options:
        found = measure(options, 1 if given.quick else 5)
    print(json.dumps(found) if given.json else _table(found))
    if found["log_moves_to_limit_ratio"] > 1:
        sys.exit(1)


def measure(options: Options, rounds: int) -> dict[str, float]:
    """Restart again and again in mid-deployment; return the seconds from start-up."""
    from chatops.demo import running  # noqa: PLC0415  models are there only now

    running.prepare(options, lambda text: None)
    command = running.configuration(options)
    moves, boots = [], []
    with ExitStack() as stack:
        with _started(command) as everything:
            running.wait_until_ready(options, everything, READY_SECONDS)
            world = stack.enter_context(_world())
            _deployed(world)
            talking = _ask(world, task="talk")
            _until(lambda: _lines(talking) > 10)
            _kill(everything)
        for _ in range(rounds):
            before = _lines(talking)
            began = time.perf_counter()
            with _started(command) as everything:
                boots.append(_until(_is_alive, began))
                moves.append(_until(lambda least=before: _lines(talking) > least, began))  # type: ignore[misc]
                _kill(everything)
    found = {
        "log_moves_seconds": median(moves),
        "log_moves_maximum_seconds": max(moves),
        "worker_alive_seconds": median(boots),
        "log_moves_to_worker_alive_ratio": median(moves) / median(boots),
        "log_moves_to_limit_ratio": median(moves) / LIMIT,
    }
    return {name: round(value, 4) for name, value in found.items()}


@contextmanager
def _started(command: list[str]) -> Iterator[Popen[bytes]]:
    """Start everything; nobody of an earlier start counts as alive any more."""
    from deployments.models import Worker  # noqa: PLC0415

    Worker.objects.all().delete()
    with supervised(command) as process:
        yield process


def _kill(supervisor: Popen[bytes]) -> None:
    """Kill all processes before any of them can say so."""
    tree = psutil.Process(supervisor.pid)
    processes = [tree, *tree.children(recursive=True)]
    for number in (signal.SIGSTOP, signal.SIGKILL):
        for process in processes:
            with suppress(psutil.NoSuchProcess):
                process.send_signal(number)
    psutil.wait_procs(processes, PATIENCE)


def _deployed(world: World) -> None:
    from deployments.models import Deployment  # noqa: PLC0415

    first = world.ask()
    _until(lambda: Deployment.objects.filter(pk=first.pk, status="success").exists())


def _ask(world: World, task: str) -> Deployment:
    from deployments.services import lifecycle  # noqa: PLC0415

    return lifecycle.request(world.environment, "main", world.door, task=task)


def _lines(deployment: Deployment) -> int:
    deployment.refresh_from_db(fields=["log_lines"])
    return deployment.log_lines


def _is_alive() -> bool:
    from deployments.services import workers  # noqa: PLC0415

    return workers.alive("deploy") > 0


def _until(happened: Callable[[], bool], began: float = 0.0) -> float:
    """Wait for it; return how long that was from the beginning given."""
    end = time.monotonic() + PATIENCE
    while not happened():
        if time.monotonic() > end:
            raise RuntimeError("It did not happen in time.")
        time.sleep(POLL)
    return time.perf_counter() - began


@contextmanager
def _world() -> Iterator[World]:
    """Have a host that no restart touches, and a task in which it prints for minutes."""
    from django.conf import settings  # noqa: PLC0415  they are there only now
    from django.db.models import Value  # noqa: PLC0415
    from django.db.models.functions import Concat  # noqa: PLC0415

    from deployments.models import Host  # noqa: PLC0415
    from tests.deployments.services import world as world_of  # noqa: PLC0415

    Host.objects.update(name=Concat(Value("demo-"), "name"))
    with tempfile.TemporaryDirectory() as name, world_of.running(Path(name), 1) as hosts:
        world = world_of.make(hosts, Path(settings.STATE) / "repositories")
        world.settings(tasks={"talk": {"commands": [TALK]}})
        yield world


def _table(found: dict[str, float]) -> str:
    return "\n".join(f"{name.replace('_', ' '):36} {value:8.3f}" for name, value in found.items())


if __name__ == "__main__":
    main()
