"""A patch as rows with line numbers, for a table. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

HUNK = re.compile(r"@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@")


@dataclass(frozen=True)
class PatchRow:
    kind: Literal["add", "del", "same", "hunk"]
    old: int | None
    new: int | None
    text: str


def rows(patch: str) -> Iterator[PatchRow]:
    """Yield the rows of the hunks; what stands before the first hunk is left out."""
    old = new = 0
    inside = False
    for line in patch.removesuffix("\n").split("\n"):
        if found := HUNK.match(line):
            old, new, inside = int(found[1]), int(found[2]), True
            yield PatchRow("hunk", None, None, line)
        elif inside and line.startswith("+"):
            yield PatchRow("add", None, new, line[1:])
            new += 1
        elif inside and line.startswith("-"):
            yield PatchRow("del", old, None, line[1:])
            old += 1
        elif inside and not line.startswith("\\"):
            yield PatchRow("same", old, new, line[1:])
            old, new = old + 1, new + 1
