"""Server time of the pages that a team leaves open, with a long past behind them.

300 applications in 4 environments each, with a million deployments (`--quick`: 20,000). Each page
is asked for in this process, with everything that a request goes through. The peer, measured in the
same run, is the same page with a hundredth of the past: what it costs more is what the past costs.

    python -m benchmarks.pages [--quick] [--json] [--keep FOLDER]

SHIPMATE_DATABASE_URL names an empty PostgreSQL database; without it, it is SQLite in a new folder.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import sys
import tempfile
import time
from contextlib import ExitStack
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import django

if TYPE_CHECKING:
    from django.test import Client

    from deployments.models import Application, Deployment, Environment, Person

LIMIT = 0.150  # seconds at p95
APPS, PLACES = 300, ("qa", "staging", "production", "demo")
PAGES = {
    "board": "/",
    "whole board": "/?whole=1",
    "board cell": "/?part=cell&environment=5",
    "app": "/apps/app007/",
    "environment": "/apps/app007/production/",
    "queue": "/queue/",
    "palette": "/jump/?q=app007&part=found",
}
ENDS = ["success"] * 90 + ["failure"] * 6 + ["error"] * 2 + ["cancelled"] * 2
YEARS = timedelta(days=730)
BATCH = 5_000


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n", maxsplit=1)[0])
    parser.add_argument("--quick", action="store_true", help="20,000 deployments, few rounds")
    parser.add_argument("--json", action="store_true", help="print one object and nothing else")
    parser.add_argument(
        "--keep", type=Path, help="a folder for the data, used again if it is there"
    )
    given = parser.parse_args()
    count, rounds = (20_000, 15) if given.quick else (1_000_000, 40)
    with ExitStack() as stack:
        folder = given.keep or Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="shipmate-bench-"))
        )
        found = measure(folder, count, rounds)
    print(json.dumps(_by_name(found)) if given.json else _table(found))
    if any(figures["p95_seconds"] > LIMIT for figures in found["pages"].values()):
        sys.exit(1)


def measure(folder: Path, count: int, rounds: int) -> dict[str, Any]:
    """Return the figures of each page: first with a hundredth of the past, then with all of it."""
    _configure(folder)
    few = _grown(count // 100, rounds)
    many = _grown(count, rounds)
    pages = {
        name: {
            **many[name],
            "peer_median_seconds": few[name]["median_seconds"],
            "ratio": round(many[name]["median_seconds"] / few[name]["median_seconds"], 2),
        }
        for name in PAGES
    }
    return {"deployments": count, "apps": APPS, "environments": APPS * len(PLACES), "pages": pages}


def _grown(count: int, rounds: int) -> dict[str, dict[str, float]]:
    """Let there be so many deployments, and measure."""
    from deployments.models import Deployment  # noqa: PLC0415
    from deployments.services import tallies  # noqa: PLC0415

    people = _people()
    environments = _environments()
    if Deployment.objects.count() < count:
        _deploy(environments, people, count)
        tallies.recount()
    client = _signed_in(people[0])
    return {name: _timed(client, path, rounds) for name, path in PAGES.items()}


def _timed(client: Client, path: str, rounds: int) -> dict[str, float]:
    took, own = [], []
    for number in range(rounds + 2):
        started, used = time.perf_counter(), time.process_time()
        answer = client.get(path, headers={"accept-encoding": "gzip"})
        if answer.status_code != 200:
            sys.exit(f"{path} answered {answer.status_code}")
        if number > 1:  # the first ones load modules and templates
            took.append(time.perf_counter() - started)
            own.append(time.process_time() - used)
    return {
        "median_seconds": round(statistics.median(took), 4),
        "p95_seconds": round(statistics.quantiles(took, n=20)[-1], 4),
        "processor_p95_seconds": round(statistics.quantiles(own, n=20)[-1], 4),
        "kilobytes": round(len(answer.content) / 1000, 1),
    }


def _configure(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "chatops.settings",
        "SHIPMATE_STATE": str(folder),
        "SHIPMATE_LOG_LEVEL": "ERROR",
    }
    django.setup()
    from django.core.management import call_command  # noqa: PLC0415

    import_module("chatops.asgi")  # as a web process begins
    call_command("migrate", verbosity=0)
    call_command("createcachetable", verbosity=0)
    call_command("collectstatic", verbosity=0, interactive=False)


def _people() -> list[Person]:
    from deployments.models import Person, Role  # noqa: PLC0415

    for number in range(40):
        person, new = Person.objects.get_or_create(username=f"person{number:02}")
        if new:
            Role.objects.create(person=person, name="admin")
    return list(Person.objects.order_by("pk"))


def _environments() -> list[Environment]:
    """Return the environments of all applications, each with two hosts."""
    from deployments.models import Application, Environment, Repository, Star  # noqa: PLC0415

    if not Application.objects.exists():
        for number in range(APPS):
            name = f"app{number:03}"
            row = Repository.objects.create(location=f"/nowhere/{name}.git", name=f"acme/{name}")
            app = Application.objects.create(name=name, repository=row, settings={"path": "/srv"})
            _place(app)
        for app in Application.objects.all()[:5]:
            Star.objects.create(person_id=1, application=app)
    return list(Environment.objects.select_related("application").order_by("pk"))


def _place(app: Application) -> None:
    from deployments.models import Environment, Host, Placement  # noqa: PLC0415

    for position, name in enumerate(PLACES):
        place = Environment.objects.create(application=app, name=name, position=position)
        for number in (1, 2):
            host = Host.objects.create(
                name=f"{app.name}-{name}-{number}", address=f"{app.name}-{name}-{number}.invalid"
            )
            Placement.objects.create(environment=place, host=host)


def _deploy(environments: list[Environment], people: list[Person], count: int) -> None:
    """Write the past, oldest first, and what is on its way now."""
    from django.utils import timezone  # noqa: PLC0415

    from deployments.models import Deployment  # noqa: PLC0415

    chance = random.Random(7)  # noqa: S311
    now = timezone.now()
    Deployment.objects.filter(finished_at=None).delete()
    have = Deployment.objects.count()
    Deployment._meta.get_field("created_at").auto_now_add = False
    for start in range(have, count, BATCH):
        numbers = range(start, min(start + BATCH, count))
        moments = [now - YEARS + YEARS * (number / count) for number in numbers]
        made = [_one(chance, environments, people, moment) for moment in moments]
        Deployment.objects.bulk_create(made)
    for place in environments[7:300:25]:
        _go(place, chance.choice(people), now)
    _run_the_newest(environments)


def _one(chance: random.Random, places: list[Environment], people: list[Person], at: Any) -> Any:
    from deployments.models import Deployment  # noqa: PLC0415

    return Deployment(
        environment=chance.choice(places),
        person=chance.choice(people),
        via="chat",
        ref="main",
        sha=f"{chance.getrandbits(160):040x}",
        subject="Retry the payment once more",
        status=chance.choice(ENDS),
        settings={"settings": {"build": ["make"] * 5}, "hosts": [{"name": "a"}] * 2, "secrets": {}},
        created_at=at,
        queued_at=at,
        started_at=at,
        finished_at=at + timedelta(seconds=chance.lognormvariate(4.3, 0.5)),
    )


def _go(place: Environment, person: Person, now: Any) -> Deployment:
    from deployments.models import Deployment, PhaseRun  # noqa: PLC0415

    made = Deployment.objects.create(
        environment=place, person=person, via="chat", ref="main", sha="a" * 40,
        status="in_progress", started_at=now, lease_until=now + timedelta(hours=1), phase="build",
        created_at=now,
    )  # fmt: skip
    for position, phase in enumerate(("transfer", "build", "switch", "restart")):
        for host in ("1", "2"):
            PhaseRun.objects.create(
                deployment=made, host=host, phase=phase, position=position,
                started_at=now if position < 2 else None,
            )  # fmt: skip
    return made


def _run_the_newest(environments: list[Environment]) -> None:
    """Let each host run what last succeeded."""
    from deployments.models import Deployment, Environment, Placement  # noqa: PLC0415

    for place in environments:
        newest = Deployment.objects.filter(environment=place, status="success").order_by("-pk")
        current = newest.first()
        Environment.objects.filter(pk=place.pk).update(current=current)
        Placement.objects.filter(environment=place).update(current=current)


def _signed_in(person: Person) -> Client:
    from django.conf import settings  # noqa: PLC0415
    from django.test import Client  # noqa: PLC0415

    settings.ALLOWED_HOSTS = ["testserver"]
    client = Client()
    client.force_login(person)
    return client


def _by_name(found: dict[str, Any]) -> dict[str, float]:
    """Return one object of figures, each by its name."""
    flat = {name: value for name, value in found.items() if name != "pages"}
    for page, figures in found["pages"].items():
        flat |= {f"{page}_{name}": value for name, value in figures.items()}
    return flat


def _table(found: dict[str, Any]) -> str:
    head = f"{found['deployments']:,} deployments, {found['environments']} environments"
    times = ("median_seconds", "p95_seconds", "processor_p95_seconds", "peer_median_seconds")
    columns = (*times, "ratio", "kilobytes")
    rows = [
        f"{name:12}" + "".join(f"{one[column]:23.4f}" for column in columns)
        for name, one in found["pages"].items()
    ]
    return "\n".join([head, " " * 12 + "".join(f"{name:>23}" for name in columns), *rows])


if __name__ == "__main__":
    main()
