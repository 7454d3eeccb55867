"""Server time of the pages that a team leaves open, with a long past behind them.

300 applications in 4 environments each, 1,000,000 deployments and 10 million lines of log
(`--quick`: a fiftieth). Each page is asked for in this process, with everything that a request goes
through. The peer is the same page with a hundredth of the past: what it costs more is what the past
costs.

    python -m benchmarks.pages [--quick] [--json] [--database postgresql] [--keep FOLDER]
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import scale
from benchmarks.history import processor

if TYPE_CHECKING:
    from django.test import Client

    from deployments.models import Environment, Person

LIMIT = 150.0  # milliseconds at p95
TO_PEER = 100
Figures = dict[str, float]


def main() -> None:
    given = _read()
    size = scale.Size().shrunk(given.part)
    with scale.installation(given.database, given.keep) as folder:
        made = scale.fill(folder, size, _say)
        found = measure(made, given.rounds)
    if not given.peer:
        print(json.dumps(found))
        return
    peers = _peer(given)
    found = {name: figures | _beside(figures, peers[name]) for name, figures in found.items()}
    print(json.dumps(_by_name(size, found)) if given.json else _table(size, found))
    if any(map(is_too_slow, found.values())):
        sys.exit(1)


def _read() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n", maxsplit=1)[0])
    parser.add_argument("--quick", action="store_true", help="a fiftieth of the rows, few rounds")
    parser.add_argument("--json", action="store_true", help="print one object and nothing else")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--part", type=int, default=0, help="one in so many of the rows")
    parser.add_argument("--keep", type=Path, help="a folder that the data stays in")
    parser.add_argument("--rounds", type=int, default=0, help="how often each page is asked for")
    parser.add_argument("--no-peer", dest="peer", action="store_false", help="measure this alone")
    given = parser.parse_args()
    given.part = given.part or (50 if given.quick else 1)
    given.rounds = given.rounds or (10 if given.quick else 40)
    return given


def _peer(given: argparse.Namespace) -> dict[str, Figures]:
    """Measure the same with a hundredth of the past, in another process."""
    command = [sys.executable, "-m", "benchmarks.pages", "--no-peer", "--json"]
    command += ["--database", given.database, "--part", str(given.part * TO_PEER)]
    command += ["--rounds", str(given.rounds)]
    if given.keep:
        command += ["--keep", str(given.keep / "peer")]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    found: dict[str, Figures] = json.loads(done.stdout)
    return found


def _beside(figures: Figures, peer: Figures) -> Figures:
    return {
        "peer_median_ms": peer["median_ms"],
        "peer_queries": peer["queries"],
        "ratio": round(figures["cpu_ms"] / peer["cpu_ms"], 2),
    }


def is_too_slow(figures: Figures) -> bool:
    """Return whether a page takes longer than it may, or asks more the longer the past is."""
    return figures["p95_ms"] > LIMIT or figures["queries"] > figures["peer_queries"]


def measure(made: scale.Made, rounds: int) -> dict[str, Figures]:
    """Return the figures of each page. `cpu_ms`: the least time of the processor, for this process
    and for the one of PostgreSQL that serves it."""
    from django.test import Client  # noqa: PLC0415  settings are there only now

    from deployments.models import Person  # noqa: PLC0415
    from deployments.services import tallies  # noqa: PLC0415

    import_module("chatops.asgi")  # as a web process begins
    person = Person.objects.get(username=made.people[0])
    _begin(person)
    if not tallies.are_true():
        tallies.recount()
    client = Client(headers={"host": "localhost"})
    client.force_login(person)
    return {name: _timed(client, path, rounds) for name, path in _pages(made).items()}


def _pages(made: scale.Made) -> dict[str, str]:
    from deployments.models import Deployment  # noqa: PLC0415

    app, ended = made.apps[7], Deployment.objects.exclude(finished_at=None)
    newest = ended.filter(task="deploy", log_lines__gt=0, log_lines__lt=200).order_by("-pk")
    successful, failed = newest.filter(status="success"), newest.filter(status="failure")
    going = Deployment.objects.filter(finished_at=None)
    return {
        "board": "/",
        "whole board": "/?whole=1",
        "board cell": "/?part=cell&environment=5",
        "app": f"/apps/{app}/",
        "environment": f"/apps/{app}/production/",
        "history": "/history/",
        "history, failed": "/history/?q=env:production+state:failed",
        "deployment": f"/deployments/{successful[0].pk}/",
        "deployment, failed": f"/deployments/{failed[0].pk}/",
        "deployment, going": f"/deployments/{going[0].pk}/",
        "queue": "/queue/",
        "palette": f"/jump/?q={app}&part=found",
    }


def _timed(client: Client, path: str, rounds: int) -> Figures:
    from django.db import connection  # noqa: PLC0415
    from django.test.utils import CaptureQueriesContext  # noqa: PLC0415

    spent, took, own = processor(), list[float](), list[float]()
    ask = _asking(client, path)
    ask()  # the first one loads modules and templates
    with CaptureQueriesContext(connection) as asked:
        size = ask()
    queries = len(asked)  # the next request forgets them
    for _ in range(rounds):
        started, used = time.perf_counter(), spent()
        ask()
        took.append(1_000 * (time.perf_counter() - started))
        own.append(1_000 * (spent() - used))
    return {
        "median_ms": round(statistics.median(took), 1),
        "p95_ms": round(statistics.quantiles(took, n=20)[-1], 1),
        "cpu_ms": round(min(own), 1),
        "cpu_p95_ms": round(statistics.quantiles(own, n=20)[-1], 1),
        "queries": queries,
        "kilobytes": round(size / 1000, 1),
    }


def _asking(client: Client, path: str) -> Callable[[], int]:
    def ask() -> int:
        answer = client.get(path, headers={"accept-encoding": "gzip"})
        if answer.status_code != 200:
            sys.exit(f"{path} answered {answer.status_code}")
        return len(answer.content)

    return ask


def _begin(person: Person) -> None:
    """Let some deployments be on their way, and the person have some apps starred."""
    from django.utils import timezone  # noqa: PLC0415

    from deployments.models import Application, Deployment, Environment, Star  # noqa: PLC0415

    now = timezone.now()
    if not Deployment.objects.filter(finished_at=None).exists():
        for place in Environment.objects.order_by("pk")[7:300:25]:
            _go(place, person)
    Deployment.objects.filter(finished_at=None).update(lease_until=now + timedelta(hours=9))
    for app in Application.objects.order_by("pk")[:5]:
        Star.objects.get_or_create(person=person, application=app)


def _go(place: Environment, person: Person) -> None:
    from django.utils import timezone  # noqa: PLC0415

    from deployments.models import Deployment, PhaseRun  # noqa: PLC0415

    now = timezone.now()
    made = Deployment.objects.create(
        environment=place, person=person, via="chat", ref="main", sha="a" * 40,
        status="in_progress", started_at=now, phase="build", created_at=now,
    )  # fmt: skip
    for position, phase in enumerate(("transfer", "build", "switch", "restart")):
        for host in ("1", "2"):
            PhaseRun.objects.create(
                deployment=made, host=host, phase=phase, position=position,
                started_at=now if position < 2 else None,
            )  # fmt: skip


def _by_name(size: scale.Size, found: dict[str, Figures]) -> Figures:
    """Return one object of figures, each by its name."""
    flat = {"deployments": float(size.deployments)}
    for page, figures in found.items():
        flat |= {f"{page}_{name}": value for name, value in figures.items()}
    return flat


def _say(text: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


def _table(size: scale.Size, found: dict[str, Figures]) -> str:
    columns = list(next(iter(found.values())))
    rows = [
        f"{name:18}" + "".join(f"{one[column]:15.6g}" for column in columns)
        for name, one in found.items()
    ]
    head = f"{size.deployments:,} deployments, {size.apps} applications"
    return "\n".join([head, " " * 18 + "".join(f"{name:>15}" for name in columns), *rows])


if __name__ == "__main__":
    main()
