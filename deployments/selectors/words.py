"""Where any part of a text stands: in what is said of a deployment, or in its log.

Each database has an index of trigrams for it. On SQLite it is one FTS5 table, whose rows lie where
`place` says, so that a range of deployments is a range of rows; on PostgreSQL two GIN indexes.
"""

# ruff: noqa: S608, S611  what people type goes in as parameters only
from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import BigIntegerField, ExpressionWrapper, F, Q
from django.db.models.expressions import RawSQL

from deployments import search
from deployments.models import Deployment
from deployments.search import SHORTEST

BITS = 24  # of a row's place, for the number of the log's chunk; 0 is what is said of a deployment
CHUNKS = 3  # of one deployment whose matching lines are shown
# As the index has it: another order or another sign between them, and it is not used.
FACTS = "(ref || chr(10) || sha || chr(10) || subject || chr(10) || why || chr(10) || note)"


# The same numbers, but no index is looked into for them. Where there are many to choose from, as
# the environments of a whole company, or all deployments with a common word, SQLite would look
# into one again for each of the one with each of the other.
UNINDEXED = {
    name: ExpressionWrapper(F(field) + 0, BigIntegerField())
    for name, field in (("place", "environment_id"), ("number", "pk"))
}


class Among(NamedTuple):
    """The deployments that are looked through: above a number and up to one."""

    low: int
    high: int
    rows: Q | None = None  # what narrows them to so few that their logs may be read one by one


def place(deployment: int, seq: int = 0) -> int:
    return deployment << BITS | seq


def anywhere(text: str, people: Collection[int], among: Among) -> RawSQL:
    """Give the numbers of deployments with the text in what is said of them, or in their log.

    `people`: whose names have it. Their deployments count, and so does one of that number.
    """
    parts = [_in_facts_and_logs(text, among)] if len(text) >= SHORTEST else []
    number = search.number(text)
    if number is not None:
        parts.append(("SELECT %s", [number]))
    if people:
        marks = ", ".join(["%s"] * len(people))
        found = f"SELECT id FROM deployments_deployment WHERE person_id IN ({marks})"
        parts.append((f"{found} AND id > %s AND id <= %s", [*people, among.low, among.high]))
    return RawSQL(
        " UNION ALL ".join(sql for sql, _ in parts),
        [value for _, given in parts for value in given],
    )


def in_facts(texts: Sequence[str], among: Among) -> RawSQL:
    """Give the numbers of deployments with any of the texts in what is said of them."""
    if connection.vendor == "postgresql":
        return _union([_facts(text, among) for text in texts])
    sql, given = _found(" OR ".join(map(_phrase, texts)), among)
    return RawSQL(f"{sql} AND rowid & {place(1) - 1} = 0", given)


def chunks(texts: Sequence[str], deployments: Collection[int]) -> RawSQL:
    """Give the ids of the first few log chunks of each deployment that have any of the texts."""
    if connection.vendor == "postgresql":
        any_of = " OR ".join(["text ILIKE %s"] * len(texts))
        return RawSQL(
            "SELECT id FROM (SELECT id, row_number() OVER (PARTITION BY deployment_id ORDER BY seq)"
            f" AS nth FROM deployments_logchunk WHERE deployment_id = ANY(%s) AND ({any_of}))"
            f" AS hit WHERE nth <= {CHUNKS}",
            [list(deployments), *map(_like, texts)],
        )
    lows = ", ".join(["(%s)"] * len(deployments))
    return RawSQL(
        f"WITH wanted (low) AS (VALUES {lows}), hit AS ("
        f" SELECT deployments_found.rowid AS place, row_number() OVER"
        f" (PARTITION BY low ORDER BY deployments_found.rowid) AS nth"
        " FROM wanted CROSS JOIN deployments_found WHERE deployments_found MATCH %s"
        f" AND deployments_found.rowid > low AND deployments_found.rowid < low + {place(1)})"
        " SELECT log.id FROM hit JOIN deployments_logchunk log"
        f" ON log.deployment_id = place >> {BITS} AND log.seq = place & {place(1) - 1}"
        f" WHERE nth <= {CHUNKS}",
        [*map(place, deployments), " OR ".join(map(_phrase, texts))],
    )


def _union(parts: Sequence[tuple[str, list[Any]]]) -> RawSQL:
    sql = " UNION ALL ".join(part for part, _ in parts)
    return RawSQL(sql, [value for _, given in parts for value in given])


def _in_facts_and_logs(text: str, among: Among) -> tuple[str, list[Any]]:
    if connection.vendor == "sqlite":
        return _found(_phrase(text), among)
    facts, given = _facts(text, among)
    log = (
        "SELECT deployment_id FROM deployments_logchunk"
        " WHERE text ILIKE %s AND deployment_id > %s AND deployment_id <= %s"
    )
    if among.rows is None:
        return f"{facts} UNION ALL {log}", [*given, *given]
    rows = Deployment.objects.alias(**UNINDEXED).filter(among.rows).order_by().values("pk")
    few, narrowed = rows.query.sql_with_params()
    return f"{facts} UNION ALL {log} AND deployment_id IN ({few})", [*given, *given, *narrowed]


def _found(phrases: str, among: Among) -> tuple[str, list[Any]]:
    sql = (
        f"SELECT rowid >> {BITS} FROM deployments_found"
        " WHERE deployments_found MATCH %s AND rowid >= %s AND rowid < %s"
    )
    return sql, [phrases, place(among.low + 1), place(among.high + 1)]


def _facts(text: str, among: Among) -> tuple[str, list[Any]]:
    sql = f"SELECT id FROM deployments_deployment WHERE {FACTS} ILIKE %s AND id > %s AND id <= %s"
    return sql, [_like(text), among.low, among.high]


def _phrase(text: str) -> str:
    """Write a text so that FTS5 looks for all of it, letter by letter."""
    doubled = text.replace("\0", "").replace('"', '""')
    return f'"{doubled}"'


def _like(text: str) -> str:
    for sign in "\\%_":
        text = text.replace(sign, f"\\{sign}")
    return f"%{text.replace(chr(0), '')}%"
