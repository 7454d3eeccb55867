"""How long an installation's data takes from the first migrations to the newest, and how long
whoever writes meanwhile is held up.

    .venv/bin/python -m benchmarks.migrating --database sqlite       # or postgresql; --quick
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import django

from benchmarks.scale import _postgresql, forget_others

FIRST = [("deployments", "0001_initial"), ("bots", "0001_initial")]
LEASE = 15  # seconds, as SHIPMATE_LEASE_SECONDS is unless somebody sets it
SEED = 2_000  # rows made one by one; the rest are copies of them
COUNTED = ("Deployment", "Change", "LogChunk", "PhaseRun", "Person", "Environment")
WRITER = """
import django, sys, time
django.setup()
from django.db import connection
print("ready", flush=True)
longest, number = 0.0, 0
while not sys.stdin.closed:
    begun = time.perf_counter()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE deployments_deployment SET progress = 100 WHERE id = 1")
    longest, number = max(longest, time.perf_counter() - begun), number + 1
    print(longest, number, flush=True)
    time.sleep(0.02)
"""


def main() -> None:
    given = _read()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="shipmate-migrate-")))
        forget_others()
        os.environ["SHIPMATE_STATE"] = str(folder)
        os.environ["DJANGO_SETTINGS_MODULE"] = "chatops.settings"
        if given.database == "postgresql":
            os.environ["SHIPMATE_DATABASE_URL"] = stack.enter_context(_postgresql(folder))
        django.setup()
        found = measured(given.deployments)
    print(json.dumps(found) if given.json else "\n".join(f"{k}: {v}" for k, v in found.items()))
    sys.exit(
        0 if found["tables_with_losses"] == 0 and found["writer_waited_to_lease_ratio"] < 1 else 1
    )


def _read() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--deployments", type=int, default=200_000)
    parser.add_argument("--quick", dest="deployments", action="store_const", const=20_000)
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


def measured(deployments: int) -> dict[str, Any]:
    """Fill the first tables, go to the newest ones beside a writer, and compare what is there."""
    from django.db import connection  # noqa: PLC0415
    from django.db.migrations.executor import MigrationExecutor  # noqa: PLC0415

    executor = MigrationExecutor(connection)
    executor.migrate(FIRST)
    old = executor.loader.project_state(FIRST).apps
    fill(old, deployments)
    before = facts(old)
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER],
        stdin=-1,
        stdout=-1,
        text=True,
        cwd=Path(__file__).parents[1],
    )
    assert writer.stdout  # noqa: S101
    assert writer.stdout.readline() == "ready\n"  # noqa: S101
    steps = _go_on(connection)
    writer.terminate()
    longest, writes = writer.communicate()[0].strip().splitlines()[-1].split()
    from django.apps import apps  # noqa: PLC0415

    return {
        **dict(sorted(steps.items(), key=lambda step: -step[1])[:5]),
        "seconds": round(sum(steps.values()), 1),
        "rows": sum(rows for rows, _ in before.values()),
        "tables_with_losses": sum(facts(apps)[name] != before[name] for name in before),
        "writes_meanwhile": int(writes),
        "writer_waited_seconds": round(float(longest), 2),
        # A worker that cannot write for as long as its lease loses its deployment to another.
        "writer_waited_to_lease_ratio": round(float(longest) / LEASE, 3),
    }


def _go_on(connection: Any) -> dict[str, float]:
    """Apply what is left, one migration after the other, and return how long each took."""
    from django.db.migrations.executor import MigrationExecutor  # noqa: PLC0415

    steps: dict[str, float] = {}
    executor = MigrationExecutor(connection)
    for migration, _ in executor.migration_plan(executor.loader.graph.leaf_nodes()):
        begun = time.perf_counter()
        MigrationExecutor(connection).migrate([(migration.app_label, migration.name)])
        steps[str(migration)] = round(time.perf_counter() - begun, 2)
    return steps


def fill(apps: Any, deployments: int) -> None:
    """Write deployments with two changes, one chunk of log and one phase each."""
    from django.utils import timezone  # noqa: PLC0415

    get, now = partial(apps.get_model, "deployments"), timezone.now()
    person = get("Person").objects.create(username="ana")
    repository = get("Repository").objects.create(location="/nowhere", name="acme/web")
    app = get("Application").objects.create(name="web", repository=repository)
    places = [get("Environment").objects.create(application=app, name=n) for n in ("qa", "live")]
    deployment = get("Deployment")
    for start in range(0, deployments, SEED):
        made = deployment.objects.bulk_create(
            deployment(
                environment=places[n % 2], person=person, via="chat", ref="main",
                sha=f"{n:040x}", subject=f"Mend the door {n}", why=f"ticket {n}",
                status="success", started_at=now, finished_at=now, log_seq=1, log_lines=3,
            )
            for n in range(start, min(start + SEED, deployments))
        )  # fmt: skip
        _beside(get, made)


def _beside(get: Any, made: list[Any]) -> None:
    text = "compiling\nERROR: the cable is loose\nlinking number {}\n"
    get("LogChunk").objects.bulk_create(
        get("LogChunk")(deployment=one, seq=1, host="web-1", phase="build", offset=0,
                        first_line=1, text=text.format(one.pk))
        for one in made
    )  # fmt: skip
    get("PhaseRun").objects.bulk_create(
        get("PhaseRun")(deployment=one, host="web-1", phase="build", position=0, status="success")
        for one in made
    )
    get("Change").objects.bulk_create(
        get("Change")(verb="deployment.status", deployment=one, environment=one.environment,
                      application_id=one.environment.application_id, new=new)
        for one in made
        for new in ("pending", "success")
    )  # fmt: skip


def facts(apps: Any) -> dict[str, list[int]]:
    """Return of each table how many rows it has and what their numbers add up to."""
    from django.db.models import Count, Sum  # noqa: PLC0415

    return {
        name: list(
            apps.get_model("deployments", name)
            .objects.order_by()
            .aggregate(rows=Count("pk"), sum=Sum("pk"))
            .values()
        )
        for name in COUNTED
    }


if __name__ == "__main__":
    main()
