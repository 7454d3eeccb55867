"""How long a search may take. What takes longer is ended, and said to be unfinished."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import DatabaseError, OperationalError, connection

SECONDS = 4.0  # that a search may take
EACH = 1.5  # and one question of it to the database
STEPS = 10_000  # of SQLite's machine, after which it looks at the clock
INTERRUPTED = "57014"  # https://www.postgresql.org/docs/current/errcodes-appendix.html
# Short questions: compiling them and starting processes for them takes longer than they do.
PLAIN = {"jit": "off", "max_parallel_workers_per_gather": "0"}


class TookTooLong(Exception):
    """One question took longer than anybody waits for it."""


class Patience:
    """The time that is left of a search."""

    def __init__(self) -> None:
        self.end = time.monotonic() + SECONDS

    @property
    def is_over(self) -> bool:
        return time.monotonic() >= self.end


@contextmanager
def limited() -> Iterator[None]:
    """Have PostgreSQL end meanwhile whatever takes too long. SQLite is told by `asking`.

    Within somebody else's transaction it is theirs to say: what is ended there ends all of it.
    """
    if connection.vendor == "sqlite" or connection.in_atomic_block:
        yield
        return
    _set({**PLAIN, "statement_timeout": str(max(1, round(1000 * EACH)))})
    try:
        yield
    finally:
        _reset(*PLAIN, "statement_timeout")


@contextmanager
def asking() -> Iterator[None]:
    """Ask what may take long. Raises TookTooLong."""
    try:
        with _watched():
            yield
    except OperationalError as error:
        if not _is_interrupted(error):
            raise
        raise TookTooLong from error


@contextmanager
def _watched() -> Iterator[None]:
    """Have SQLite look at the clock meanwhile."""
    if connection.vendor == "postgresql":
        yield
        return
    connection.ensure_connection()
    end = time.monotonic() + EACH
    connection.connection.set_progress_handler(lambda: time.monotonic() > end, STEPS)
    try:
        yield
    finally:
        connection.connection.set_progress_handler(None, 0)


def _is_interrupted(error: OperationalError) -> bool:
    if connection.vendor == "sqlite":
        return str(error) == "interrupted"
    return getattr(error.__cause__, "sqlstate", "") == INTERRUPTED


def _set(values: dict[str, str]) -> None:
    names = ", ".join(["set_config(%s, %s, false)"] * len(values))
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {names}", [part for pair in values.items() for part in pair])


def _reset(*names: str) -> None:
    try:
        with connection.cursor() as cursor:
            cursor.execute("; ".join(f"RESET {name}" for name in names))
    except DatabaseError:
        connection.close()  # the next one begins as ever
