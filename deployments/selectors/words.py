"""Where any part of a text stands: in what is said of a deployment, or in its log.

Each database has an index of trigrams for it. On SQLite it is one FTS5 table, whose rows lie where
`place` says, so that a range of deployments is a range of rows; on PostgreSQL two GIN indexes.
"""

# ruff: noqa: S608, S611  what people type goes in as parameters only
from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from django.db import connection
from django.db.models.expressions import RawSQL

from deployments import search
from deployments.search import SHORTEST

BITS = 24  # of a row's place, for the number of the log's chunk; 0 is what is said of a deployment
CHUNKS = 3  # of one deployment whose matching lines are shown
# As the index has it: another order or another sign between them, and it is not used.
FACTS = "(ref || chr(10) || sha || chr(10) || subject || chr(10) || why || chr(10) || note)"


def place(deployment: int, seq: int = 0) -> int:
    return deployment << BITS | seq


def anywhere(text: str, low: int, high: int, people: Collection[int]) -> RawSQL:
    """Give the numbers above `low` and up to `high` of deployments with the text in them.

    `people`: whose names have it. Their deployments count, and so does one of that number.
    """
    parts = [_in_facts_and_logs(text, low, high)] if len(text) >= SHORTEST else []
    number = search.number(text)
    if number is not None:
        parts.append(("SELECT %s", [number]))
    if people:
        marks = ", ".join(["%s"] * len(people))
        found = f"SELECT id FROM deployments_deployment WHERE person_id IN ({marks})"
        parts.append((f"{found} AND id > %s AND id <= %s", [*people, low, high]))
    return RawSQL(
        " UNION ALL ".join(sql for sql, _ in parts),
        [value for _, given in parts for value in given],
    )


def in_facts(text: str, low: int, high: int) -> RawSQL:
    """Give the numbers of deployments with the text in what is said of them."""
    if connection.vendor == "postgresql":
        return RawSQL(*_facts(text, low, high))
    sql, given = _found(text, low, high)
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


def _in_facts_and_logs(text: str, low: int, high: int) -> tuple[str, list[Any]]:
    if connection.vendor == "sqlite":
        return _found(text, low, high)
    facts, given = _facts(text, low, high)
    log = (
        "SELECT deployment_id FROM deployments_logchunk"
        " WHERE text ILIKE %s AND deployment_id > %s AND deployment_id <= %s"
    )
    return f"{facts} UNION ALL {log}", [*given, *given]


def _found(text: str, low: int, high: int) -> tuple[str, list[Any]]:
    sql = (
        f"SELECT rowid >> {BITS} FROM deployments_found"
        " WHERE deployments_found MATCH %s AND rowid >= %s AND rowid < %s"
    )
    return sql, [_phrase(text), place(low + 1), place(high + 1)]


def _facts(text: str, low: int, high: int) -> tuple[str, list[Any]]:
    sql = f"SELECT id FROM deployments_deployment WHERE {FACTS} ILIKE %s AND id > %s AND id <= %s"
    return sql, [_like(text), low, high]


def _phrase(text: str) -> str:
    """Write a text so that FTS5 looks for all of it, letter by letter."""
    doubled = text.replace("\0", "").replace('"', '""')
    return f'"{doubled}"'


def _like(text: str) -> str:
    for sign in "\\%_":
        text = text.replace(sign, f"\\{sign}")
    return f"%{text.replace(chr(0), '')}%"
