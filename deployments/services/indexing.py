"""The log is indexed behind its writer's back, a little at a time, so that nobody waits for it.

On SQLite the sweeper adds chunks to the index; what is said of a deployment is added by triggers,
in the transaction that writes it. On PostgreSQL an index of its own takes in both, and the sweeper
only sorts in what that has put aside.
"""

# ruff: noqa: S608  nothing that people type is in it
from __future__ import annotations

import time

from django.db import connection, transaction
from django.db.models import QuerySet

from deployments.models import Deployment, Indexing, LogChunk
from deployments.selectors.words import place

MOST_TEXT = 64_000  # characters in a transaction: others write in between
MOST_CHUNKS = 200
ROUND = 0.3  # seconds of each round of the sweeper
REST = 0.005  # seconds between two transactions

INDEX = "deployments_found"
FACTS = (
    "{row}.ref || char(10) || {row}.sha || char(10) || {row}.subject || char(10)"
    " || {row}.why || char(10) || {row}.note"
)
NEW, OLD = FACTS.format(row="new"), FACTS.format(row="old")
TRIGGERS = (
    f"""CREATE TRIGGER IF NOT EXISTS deployments_found_new AFTER INSERT ON deployments_deployment
        BEGIN
            INSERT INTO deployments_found (rowid, text) VALUES (new.id << 24, {NEW});
        END""",
    f"""CREATE TRIGGER IF NOT EXISTS deployments_found_moved
        AFTER UPDATE OF ref, sha, subject, why, note ON deployments_deployment
        WHEN {OLD} <> {NEW}
        BEGIN
            INSERT INTO deployments_found (deployments_found, rowid, text)
            VALUES ('delete', old.id << 24, {OLD});
            INSERT INTO deployments_found (rowid, text) VALUES (new.id << 24, {NEW});
        END""",
)


def follow_deployments() -> None:
    """Have SQLite index what is said of deployments, after each migration and each `flush`.

    A table that a migration remakes loses its triggers; one that was emptied leaves its texts in
    the index, and new deployments would be found by them.
    """
    if connection.vendor != "sqlite" or INDEX not in connection.introspection.table_names():
        return
    with connection.cursor() as cursor:
        for trigger in TRIGGERS:
            cursor.execute(trigger)
        if not Deployment.objects.exists():
            cursor.execute(
                "INSERT INTO deployments_found (deployments_found) VALUES ('delete-all')"
            )


def catch_up() -> None:
    """Index what was written to logs since, and then some of what was there before."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            for index in ("deployments_found_log", "deployments_found_facts"):
                cursor.execute("SELECT gin_clean_pending_list(%s::regclass)", [index])
        return
    until = time.monotonic() + ROUND
    while index_some() and time.monotonic() < until:
        time.sleep(REST)


def index_some() -> bool:
    """Index some chunks, new ones first; return whether there may be more."""
    at = Indexing.objects.filter(pk=1).first() or Indexing.objects.create(pk=1)
    new = _some(LogChunk.objects.filter(pk__gt=at.newest).order_by("pk"))
    if new:
        return _index(new, at, newest=new[-1].pk)
    if not at.oldest:
        return False
    old = _some(LogChunk.objects.filter(pk__lte=at.oldest).order_by("-pk"))
    return _index(old, at, oldest=old[-1].pk - 1 if old else 0)


def _some(chunks: QuerySet[LogChunk]) -> list[LogChunk]:
    """Take as much as one transaction may hold."""
    taken: list[LogChunk] = []
    size = 0
    for chunk in chunks[:MOST_CHUNKS].iterator(chunk_size=20):
        taken.append(chunk)
        size += len(chunk.text)
        if size > MOST_TEXT:
            break
    return taken


def _index(chunks: list[LogChunk], at: Indexing, **how_far: int) -> bool:
    """Index the chunks unless somebody else has gone on from there meanwhile."""
    rows = [(place(chunk.deployment_id, chunk.seq), chunk.text) for chunk in chunks]
    before = {name: getattr(at, name) for name in how_far}
    with transaction.atomic():
        if not Indexing.objects.filter(pk=at.pk, **before).update(**how_far):
            return False
        with connection.cursor() as cursor:
            cursor.executemany("INSERT INTO deployments_found (rowid, text) VALUES (%s, %s)", rows)
    return True
