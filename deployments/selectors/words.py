"""Where any part of a text stands: in what is said of a deployment, or in its log.

Each database has an index of trigrams for it. On SQLite it is one FTS5 table, whose rows lie where
`place` says, so that a range of deployments is a range of rows; on PostgreSQL two GIN indexes.
"""

# ruff: noqa: S608, S611  what people type goes in as parameters only
from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import BigIntegerField, ExpressionWrapper, F
from django.db.models.expressions import RawSQL

from deployments import search
from deployments.search import SHORTEST

BITS = 24  # of a row's place, for the number of the log's chunk; 0 is what is said of a deployment
BLOCK_BITS = 13  # the numbers that PostgreSQL's indexes take together, as the migration has it
MOST_BLOCKS = (
    128  # that are looked for one by one; where there are more, a text is looked for in all
)
NARROW = 2_000  # numbers, among which PostgreSQL reads each text as fast as by its index
# Between numbers that lie further apart than that on the average SQLite jumps, else it walks.
APART = 1_500
NOTHING = "SELECT 0 AS n WHERE 1 = 0"
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
    """The deployments that are looked through: above a number and up to one, or only these."""

    low: int
    high: int
    numbers: Sequence[int] | None = None


class Sought(NamedTuple):
    """Texts, any of which is looked for, and what else answers to them."""

    texts: tuple[str, ...]
    people: tuple[int, ...] = ()  # their names have it
    number: int | None = None  # the deployment that it is the number of
    in_logs: bool = True


class Listed(NamedTuple):
    """Numbers of deployments from one end of a range on, and whether that is all of them."""

    numbers: list[int]
    whole: bool


def place(deployment: int, seq: int = 0) -> int:
    return deployment << BITS | seq


def anywhere(text: str, people: Collection[int]) -> Sought:
    """Look for a text in what is said of deployments, by whom they are, and in their logs."""
    texts = (text,) if len(text) >= SHORTEST else ()
    return Sought(texts, tuple(people), search.number(text))


def among(sought: Sought, those: Among) -> RawSQL:
    """Give the numbers of the deployments among those in which it is."""
    return _union(_places(sought, those) or [(NOTHING, [])])


def having(sought: Sought, numbers: Sequence[int]) -> set[int]:
    """Return those of the deployments in which it is."""
    those = Among(min(numbers) - 1, max(numbers), numbers)
    return set(_numbers(_places(sought, those), "DESC"))


def listed(numbers: Sequence[int]) -> RawSQL:
    """Give numbers that are at hand, in one parameter however many there are."""
    return RawSQL(*_listed(numbers))


def first(sought: Sought, those: Among, most: int, *, upwards: bool = False) -> Listed:
    """List the deployments in which it is from one end of the range on, about as many as `most`.

    SQLite's index is read from that end until there are enough; PostgreSQL's gives all in a range.
    """
    order = "ASC" if upwards else "DESC"
    if connection.vendor == "postgresql":
        numbers = _numbers(_places(sought, those), order, most)
        return Listed(numbers, len(numbers) < most)
    texts = _numbers(_in_texts(sought, those, f"ORDER BY rowid {order} LIMIT {most}"), order)
    whole = len(texts) < most
    if texts and not whole:
        edge = texts[-1]
        those = Among(those.low, edge) if upwards else Among(edge - 1, those.high)
    found = {*texts, *_numbers(_beside_texts(sought, those), order)}
    return Listed(sorted(found, reverse=not upwards), whole)


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


Part = tuple[str, list[Any]]


def _union(parts: Sequence[Part]) -> RawSQL:
    sql = " UNION ALL ".join(part for part, _ in parts)
    return RawSQL(sql, [value for _, given in parts for value in given])


def _numbers(parts: Sequence[Part], order: str, most: int | None = None) -> list[int]:
    if not parts:
        return []
    found = _union([(f"SELECT n FROM ({sql}) AS part", given) for sql, given in parts])
    limit = f" LIMIT {most}" if most is not None else ""
    sql = f"SELECT DISTINCT n FROM ({found.sql}) AS found ORDER BY n {order}{limit}"
    with connection.cursor() as cursor:
        cursor.execute(sql, found.params)
        return [number for (number,) in cursor.fetchall()]


def _places(sought: Sought, those: Among) -> list[Part]:
    return [*_in_texts(sought, those), *_beside_texts(sought, those)]


def _in_texts(sought: Sought, those: Among, tail: str = "") -> list[Part]:
    if not sought.texts:
        return []
    if connection.vendor == "sqlite":
        return [_found(sought, those, tail)]
    parts = [_in_table(FACTS, "deployments_deployment", "id", text, those) for text in sought.texts]
    if sought.in_logs:
        table, column = "deployments_logchunk", "deployment_id"
        parts += [_in_table("text", table, column, text, those) for text in sought.texts]
    return parts


def _beside_texts(sought: Sought, those: Among) -> list[Part]:
    parts: list[Part] = []
    if sought.number is not None and those.low < sought.number <= those.high:
        parts.append(("SELECT CAST(%s AS bigint) AS n", [sought.number]))
    if sought.people:
        marks = ", ".join(["%s"] * len(sought.people))
        found = f"SELECT id AS n FROM deployments_deployment WHERE person_id IN ({marks})"
        sql, given = _those("id", those)
        parts.append((f"{found} AND {sql}", [*sought.people, *given]))
    return parts


def _found(sought: Sought, those: Among, tail: str) -> Part:
    """Look into SQLite's index: in a range, or at each of a few numbers that lie far apart."""
    only = "" if sought.in_logs else f" AND found.rowid & {place(1) - 1} = 0"
    wanted = " OR ".join(map(_phrase if sought.in_logs else _trigrams, sought.texts))
    if those.numbers is not None:
        low, high = min(those.numbers, default=0) - 1, max(those.numbers, default=0)
        if high - low > APART * len(those.numbers):
            numbers, given = _listed(those.numbers)
            return (
                f"SELECT those.value AS n FROM ({numbers}) AS those CROSS JOIN deployments_found AS"
                f" found WHERE deployments_found MATCH %s AND found.rowid >= those.value << {BITS}"
                f" AND found.rowid < (those.value + 1) << {BITS}{only}",
                [*given, wanted],
            )
        those = Among(low, high)
    sql = (
        f"SELECT rowid >> {BITS} AS n FROM deployments_found AS found"
        f" WHERE deployments_found MATCH %s AND rowid >= %s AND rowid < %s{only} {tail}"
    )
    return sql, [wanted, place(those.low + 1), place(those.high + 1)]


def _in_table(what: str, table: str, column: str, text: str, those: Among) -> Part:
    is_wide = those.numbers is None and those.high - those.low > NARROW
    sql, given = (_by_blocks if is_wide else _those)(column, those)
    found = f"SELECT {column} AS n FROM {table} WHERE {what} ILIKE %s AND {sql}"
    return found, [_like(text), *given]


def _by_blocks(column: str, those: Among) -> Part:
    """Narrow to a range by the index that the text stands in, and by no other: that would be read
    for each number of the range."""
    sql, given = f"{column} + 0 > %s AND {column} + 0 <= %s", [those.low, those.high]
    blocks = list(range(those.low >> BLOCK_BITS, (those.high >> BLOCK_BITS) + 1))
    if len(blocks) > MOST_BLOCKS:
        return sql, given
    return f"ARRAY[{column} >> {BLOCK_BITS}] && %s::bigint[] AND {sql}", [blocks, *given]


def _those(column: str, those: Among) -> Part:
    if those.numbers is None:
        return f"{column} > %s AND {column} <= %s", [those.low, those.high]
    if connection.vendor == "postgresql":
        return f"{column} = ANY(%s)", [list(those.numbers)]
    sql, given = _listed(those.numbers)
    return f"{column} IN ({sql})", given


def _listed(numbers: Sequence[int]) -> Part:
    if connection.vendor == "postgresql":
        return "SELECT unnest(%s::bigint[])", [list(numbers)]
    return "SELECT value FROM json_each(%s)", [json.dumps(list(numbers))]


def _phrase(text: str) -> str:
    """Write a text so that FTS5 looks for all of it, letter by letter."""
    doubled = text.replace("\0", "").replace('"', '""')
    return f'"{doubled}"'


def _trigrams(text: str) -> str:
    """Write a text so that FTS5 looks for its parts alone, which takes half as long.

    Whoever asks compares what is found."""
    text = text.replace("\0", "")
    starts = [*range(0, len(text) - SHORTEST, SHORTEST), len(text) - SHORTEST]
    parts = " AND ".join(_phrase(text[start : start + SHORTEST]) for start in starts)
    return f"({parts})"


def _like(text: str) -> str:
    for sign in "\\%_":
        text = text.replace(sign, f"\\{sign}")
    return f"%{text.replace(chr(0), '')}%"
