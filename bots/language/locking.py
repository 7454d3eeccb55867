"""The lines about locks."""

from __future__ import annotations

from bots.language import clauses
from bots.language.commands import Lock, Locks, Unlock
from bots.language.words import Reader


def lock(reader: Reader) -> Lock:
    app = clauses.app(reader)
    seconds = clauses.duration(reader)
    environment = clauses.place(reader)
    seconds = clauses.duration(reader) if seconds is None else seconds
    reason = clauses.because(reader)
    reader.end()
    return Lock(app, environment, seconds, reason)


def unlock(reader: Reader) -> Unlock:
    app = clauses.app(reader)
    environment = clauses.place(reader)
    reader.end()
    return Unlock(app, environment)


def locks(reader: Reader) -> Locks:
    reader.end()
    return Locks()
