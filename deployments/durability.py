"""What a commit waits for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import DatabaseError, connection

# https://www.sqlite.org/pragma.html#pragma_synchronous
# https://www.postgresql.org/docs/current/wal-async-commit.html
ASK = {"sqlite": "PRAGMA synchronous", "postgresql": "SHOW synchronous_commit"}
SAY = {"sqlite": "PRAGMA synchronous = {}", "postgresql": "SET synchronous_commit = {}"}
AT_ONCE = {"sqlite": "NORMAL", "postgresql": "off"}


@contextmanager
def redone_if_lost() -> Iterator[None]:
    """Commit without waiting for the disk, what is done again if the machine loses its power now.

    Of what was committed before nothing is lost, and nothing is kept that came after what is lost.
    Within somebody else's transaction it is theirs to say.
    """
    if connection.in_atomic_block:
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute(ASK[connection.vendor])
        as_ever = cursor.fetchone()[0]
    _say(AT_ONCE[connection.vendor])
    try:
        yield
    finally:
        try:
            _say(as_ever)
        except DatabaseError:
            connection.close()  # the next one begins as ever


def _say(how: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(SAY[connection.vendor].format(how))
