"""From a deployment that is queued to the worker that begins it, and what waiting for it costs.

All processes of an installation run as in script/demo. Each deployment is queued when nothing else
waits, at no moment in particular; counted from just before the transaction that queues and rings,
to the worker's claim and to its first act, the first phase. What it costs is the time of the
processor that all processes together take while nothing happens: pages, workers, chat, sweeper.
PostgreSQL's own processes are told apart. The peer, on the same database in the same run, is
django-q2's ORM broker as it comes: from the call that enqueues to the beginning of the task, and
its cluster's idle time alone.

    python -m benchmarks.queueing [--database postgresql] [--quick] [--rounds N] [--json]
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from benchmarks.installation import configured, running

if TYPE_CHECKING:
    from chatops.demo.options import Options
    from deployments.models import Deployment

LIMITS = {"sqlite": 60.0, "postgresql": 20.0}  # milliseconds to the claim, 95th percentile
IDLE_LIMIT = 1.0  # per cent of one core
WARM, SETTLE = 3, 5  # deployments, and seconds, before anything is measured
MANAGE = [sys.executable, "-W", "ignore", "manage.py"]  # it warns of its own defaults


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n", maxsplit=1)[0])
    parser.add_argument("--database", choices=list(LIMITS), default="sqlite")
    parser.add_argument("--quick", action="store_true", help="8 deployments in place of 100")
    parser.add_argument("--json", action="store_true", help="print one object and nothing else")
    parser.add_argument("--rounds", type=int, default=0, help="so many deployments")
    given = parser.parse_args()
    rounds = given.rounds or (8 if given.quick else 100)
    with configured(given.database) as options:
        found = measure(options, rounds, 10 if given.quick else 30)
    limit = LIMITS[given.database]
    found["claim_p95_to_limit_ratio"] = round(found["claim_p95_ms"] / limit, 3)
    found["claim_p95_to_stock_p95_ratio"] = round(found["claim_p95_ms"] / found["stock_p95_ms"], 3)
    found["idle_to_limit_ratio"] = round(found["idle_percent"] / IDLE_LIMIT, 3)
    print(json.dumps(found) if given.json else _table(found))
    if found["claim_p95_ms"] > limit or found["idle_percent"] > IDLE_LIMIT:
        sys.exit(1)


def measure(options: Options, rounds: int, seconds: int) -> dict[str, float]:
    """Run the installation, then the peer, and return the figures."""
    found: dict[str, float] = {"rounds": rounds}
    with running(options):
        claims, acts = _ours(rounds)
        time.sleep(SETTLE)
        found |= _idle("", seconds)
    with _stock():
        theirs = _peers(rounds)
        time.sleep(SETTLE)
        found |= {f"stock_{name}": share for name, share in _idle("qcluster", seconds).items()}
    for name, times in (("claim", claims), ("first_act", acts), ("stock", theirs)):
        found[f"{name}_p50_ms"] = round(statistics.median(times), 1)
        found[f"{name}_p95_ms"] = round(
            statistics.quantiles(times, n=20, method="inclusive")[-1], 1
        )
    return found


def _ours(rounds: int) -> tuple[list[float], list[float]]:
    """Queue one deployment after the other; return the milliseconds to claim and first act."""
    from deployments.models import Environment, Person  # noqa: PLC0415  models are there only now
    from deployments.services import lifecycle  # noqa: PLC0415

    qa = Environment.objects.get(application__name="hello", name="qa")
    door = lifecycle.Door(Person.objects.get(username="admin"), "command", "queueing")
    first = _end(lifecycle.request(qa, "", door))  # makes the mirror and the archive
    found = [_queued(first) for _ in range(WARM + rounds)][WARM:]
    return [claim for claim, _ in found], [act for _, act in found]


def _queued(like: Deployment) -> tuple[float, float]:
    """Queue one like another, and wait for its end."""
    from deployments.models import Deployment  # noqa: PLC0415
    from deployments.services.moves import move  # noqa: PLC0415

    made = Deployment.objects.create(
        environment=like.environment, person=like.person, sha=like.sha, ref=like.ref, via="command",
        previous=like, status="pending",
    )  # fmt: skip
    time.sleep(random.uniform(0.05, 0.4))  # noqa: S311  no secret
    started = time.time()
    move(made, "queued")
    ended = _end(made)
    first = ended.phase_runs.exclude(started_at=None).order_by("started_at")[0]
    return _since(started, ended.started_at), _since(started, first.started_at)


def _end(deployment: Deployment) -> Deployment:
    while not deployment.is_finished:
        time.sleep(0.05)
        deployment.refresh_from_db()
    if deployment.status != "success":
        raise RuntimeError(f"#{deployment.pk} ended as {deployment.status}: {deployment.note}")
    return deployment


def _peers(rounds: int) -> list[float]:
    """Enqueue one task after the other; return the milliseconds until each began."""
    code = (
        "import django, random, time; django.setup()\n"
        "from django_q.tasks import async_task\n"
        f"for number in range({rounds + WARM}):\n"
        "    time.sleep(random.uniform(0.3, 0.6)); started = time.time()\n"
        "    async_task('benchmarks.stock.note', number, save=False)\n"
        "    print(number, started, flush=True)\n"
        "time.sleep(1)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    started = dict(line.split() for line in done.stdout.splitlines())
    said = Path(os.environ["SHIPMATE_STATE"], "stock.txt").read_text()
    began = dict(line.split() for line in said.splitlines())
    return [_since(float(started[n]), float(began[n])) for n in started if int(n) >= WARM]


@contextmanager
def _stock() -> Iterator[None]:
    """Run a cluster of django-q2's own settings."""
    os.environ |= {"DJANGO_SETTINGS_MODULE": "benchmarks.stock", "Q_CLUSTER_NAME": "stock"}
    process = subprocess.Popen([*MANAGE, "qcluster"], stdout=subprocess.DEVNULL)
    try:
        time.sleep(SETTLE)
        yield
    finally:
        for child in psutil.Process(process.pid).children(recursive=True):
            child.kill()
        process.kill()
        process.wait()
        os.environ["DJANGO_SETTINGS_MODULE"] = "chatops.settings"
        del os.environ["Q_CLUSTER_NAME"]


def _idle(kind: str, seconds: int) -> dict[str, float]:
    """Return the share of one core that our processes take, and that the database's do."""
    before, before_database = _taken(kind), _taken_by_database()
    time.sleep(seconds)
    share, database = _taken(kind) - before, _taken_by_database() - before_database
    return {
        "idle_percent": round(100 * share / seconds, 2),
        "database_idle_percent": round(100 * database / seconds, 2),
    }


def _taken(kind: str) -> float:
    """Return the seconds of all processes below this one, save for the pretended hosts."""
    return sum(
        sum(process.cpu_times()[:2])
        for process in psutil.Process().children(recursive=True)
        if kind in (words := " ".join(process.cmdline())) and "ssh_target" not in words
    )


def _taken_by_database() -> float:
    """Return the seconds of the PostgreSQL server whose data lies in our folder."""
    parts = Path(os.environ["SHIPMATE_STATE"]).parts
    ours = next(part for part in parts if part.startswith("shipmate-bench-"))
    servers = [
        process
        for process in psutil.process_iter(["name", "cmdline"])
        if process.info["name"] == "postgres" and ours in " ".join(process.info["cmdline"] or [])
    ]
    every = [one for server in servers for one in (server, *server.children())]
    return sum(sum(process.cpu_times()[:2]) for process in every)


def _since(started: float, then: datetime | float | None) -> float:
    """Return the milliseconds that had passed."""
    moment = then.timestamp() if isinstance(then, datetime) else then or started
    return max(0.0, (moment - started) * 1000)


def _table(found: dict[str, float]) -> str:
    return "\n".join(f"{name.replace('_', ' '):36} {value:8.2f}" for name, value in found.items())


if __name__ == "__main__":
    main()
