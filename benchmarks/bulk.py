"""Rows by the million into either database, past the models and past the indexes of words."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

from django.apps import apps as installed
from django.db import connection, transaction
from django.db.models import Max

from deployments.models import (
    Application,
    Deployment,
    Environment,
    Host,
    Indexing,
    LogChunk,
    Person,
    Placement,
    Repository,
    Role,
)
from deployments.services import indexing

BATCH = 5_000
ENVIRONMENTS = ("dev", "qa", "staging", "production")
HOSTS = 2  # in each environment
DEPLOYMENT = (
    "id", "environment_id", "person_id", "via", "kind", "task", "ref", "sha", "subject", "hosts",
    "parameters", "why", "forced", "forced_past", "status", "reason", "note", "previous_id",
    "settings", "worker", "epoch", "log_seq", "log_lines", "phase", "progress", "created_at",
    "queued_at", "started_at", "finished_at",
)  # fmt: skip
PHASE_RUN = (
    "id", "deployment_id", "host", "phase", "position", "status", "code", "reason", "note",
    "doubt", "base", "offset", "sent", "started_at", "finished_at",
)  # fmt: skip
LOG_CHUNK = (
    "id", "deployment_id", "seq", "host", "phase", "offset", "first_line", "text", "created_at",
)  # fmt: skip
Rows = Iterable[tuple[Any, ...]]


def places(apps: list[str], repositories: Path) -> None:
    """Make apps with four environments each, and their hosts; numbers begin at 1."""
    Repository.objects.bulk_create(
        Repository(location=str(repositories / f"{app}.git"), name=f"acme/{app}") for app in apps
    )
    usual = {"build": ["make"], "restart": ["systemctl restart web"], "tasks": {"migrate": {}}}
    Application.objects.bulk_create(
        Application(name=app, repository_id=number, settings=usual)
        for number, app in enumerate(apps, 1)
    )
    Environment.objects.bulk_create(
        Environment(
            application_id=number, name=name, position=place, production=name == "production"
        )
        for number in range(1, len(apps) + 1)
        for place, name in enumerate(ENVIRONMENTS, 1)
    )
    names = [
        host(app, name, n) for app in apps for name in ENVIRONMENTS for n in range(1, HOSTS + 1)
    ]
    Host.objects.bulk_create(Host(name=name, address=f"{name}.invalid") for name in names)
    Placement.objects.bulk_create(
        Placement(environment_id=number // HOSTS + 1, host_id=number + 1, roles=["web"])
        for number in range(len(names))
    )


def host(app: str, environment: str, number: int) -> str:
    return f"{app}-{environment}-{number}"[:63]


def people(names: list[str]) -> None:
    """Make people who may deploy; the first may do everything."""
    unusable = "!"
    Person.objects.bulk_create(
        Person(username=name, name=name.capitalize(), password=unusable) for name in names
    )
    ids = Person.objects.order_by("pk").values_list("pk", flat=True)
    Role.objects.bulk_create(
        Role(person_id=pk, name="deployer" if place else "admin") for place, pk in enumerate(ids)
    )


def insert(table: str, columns: tuple[str, ...], rows: Rows) -> None:
    if connection.vendor == "postgresql":
        _copy(table, columns, rows)
        return
    marks = ", ".join(["?"] * len(columns))
    names = ", ".join(f'"{column}"' for column in columns)
    statement = f"INSERT INTO {table} ({names}) VALUES ({marks})"  # noqa: S608  our own names
    raw = _raw()
    rows = iter(rows)
    with transaction.atomic():
        while batch := list(islice(rows, BATCH)):
            raw.executemany(statement, ([_lite(value) for value in row] for row in batch))


@contextmanager
def unindexed(say: Callable[[str], None]) -> Iterator[None]:
    """Leave the indexes of words alone meanwhile, and make them of everything afterwards."""
    migration = importlib.import_module("deployments.migrations.0003_search")
    with connection.schema_editor(atomic=False) as editor:
        migration.unmake(installed, editor)
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA cache_size = -1000000")  # kB
            cursor.execute("PRAGMA synchronous = OFF")
    yield
    say("index of words")
    Indexing.objects.all().delete()
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET maintenance_work_mem = '1GB'")
    if connection.vendor == "postgresql":
        migration = importlib.import_module("deployments.migrations.0011_blocks")
    with connection.schema_editor(atomic=False) as editor:
        migration.make(installed, editor)
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO deployments_found (rowid, text)"
                " SELECT deployment_id << 24 | seq, text FROM deployments_logchunk"
                " ORDER BY deployment_id, seq"
            )
        Indexing.objects.update(oldest=0)
        indexing.follow_deployments()


def finish() -> None:
    """Let environments and hosts run what succeeded last, and numbers go on from here."""
    live = dict(
        Deployment.objects.filter(status="success", task="deploy")
        .order_by()
        .values_list("environment")
        .annotate(last=Max("pk"))
    )
    for environment, number in live.items():
        Environment.objects.filter(pk=environment).update(current=number)
        Placement.objects.filter(environment=environment).update(current=number)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            for model in (Deployment, LogChunk, Deployment.phase_runs.rel.related_model):
                table = model._meta.db_table
                cursor.execute(
                    f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), max(id)) FROM {table}"  # noqa: S608  our own names
                )
            cursor.execute("VACUUM ANALYZE")
        else:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _raw() -> Any:
    connection.ensure_connection()
    return connection.connection


def _lite(value: Any) -> Any:
    return value.isoformat(" ") if hasattr(value, "isoformat") else value


def _copy(table: str, columns: tuple[str, ...], rows: Rows) -> None:
    names = ", ".join(f'"{column}"' for column in columns)
    with connection.cursor() as cursor, cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)
