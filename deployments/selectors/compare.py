"""What differs between two commits of an application."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from deployments.forges.contract import Commit, Comparison, Diff
from deployments.models import Application
from deployments.selectors import code

MIGRATION = re.compile(r"(^|/)(migrations?|migrate|alembic|flyway)/", re.I)


@dataclass(frozen=True)
class Compared:
    comparison: Comparison
    lost: tuple[Commit, ...]  # what the base has and the head has not
    diff: Diff
    lacking: Comparison | None = None  # what the default branch has and the head has not


def compare(application: Application, base: str, head: str) -> Compared:
    """Compare two commits by their ids: what comes, what disappears, and the files."""
    comparison = code.between(application, base, head)
    lost = code.between(application, head, base).commits if comparison.behind else ()
    return Compared(comparison, lost, code.diff(application, base, head))


def migrations(application: Application, base: str, head: str) -> list[str]:
    """Return the files by which the database changed between two commits, as far as is known.

    Nobody is asked: what keeps a repository away must not keep anybody from going back.
    """
    if base == head or not (code.has(application, base) and code.has(application, head)):
        return []
    files = code.diff(application, base, head).files
    return [file.path for file in files if MIGRATION.search(file.path)]


def compare_refs(application: Application, base: str, head: str) -> Compared:
    """Compare two names or ids, as they are now, and the second with the default branch."""
    first, second, default = (code.resolve(application, ref).sha for ref in (base, head, ""))
    lacking = code.between(application, second, default)
    return replace(compare(application, first, second), lacking=lacking)
