"""Changed files as a page shows them: rows with line numbers, painted. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

from django.utils.html import escape
from django.utils.safestring import SafeString

from deployments.forges.contract import Diff, FileDiff
from deployments.web import highlight

SMALL = 120  # changed lines; more stay folded
OPEN = 10  # files
PAINTED = 200_000  # characters of a whole diff that get colours

HUNK = re.compile(r"@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@")


@dataclass(frozen=True)
class PatchRow:
    kind: Literal["add", "del", "same", "hunk"]
    old: int | None
    new: int | None
    text: str


@dataclass(frozen=True)
class ShownFile:
    file: FileDiff
    rows: list[tuple[PatchRow, SafeString]]
    is_open: bool


def files(diff: Diff) -> list[ShownFile]:
    """Return the files with their rows; the small ones are open, the first ones have colours."""
    left = PAINTED
    shown = []
    for place, file in enumerate(diff.files):
        left -= len(file.patch)
        small = file.additions + file.deletions <= SMALL
        made = painted(file.patch, file.path if left >= 0 else "")
        shown.append(ShownFile(file, made, small and place < OPEN))
    return shown


def painted(patch: str, path: str) -> list[tuple[PatchRow, SafeString]]:
    """Return the rows with their text as HTML, each side of a hunk painted as one piece of code."""
    made: list[tuple[PatchRow, SafeString]] = []
    for is_head, group in groupby(rows(patch), key=lambda row: row.kind == "hunk"):
        block = list(group)
        if is_head or not path:
            made += [(row, escape(row.text)) for row in block]
            continue
        new = iter(highlight.paint([row.text for row in block if row.kind != "del"], path))
        old = iter(highlight.paint([row.text for row in block if row.kind != "add"], path))
        for row in block:
            before = next(old) if row.kind != "add" else None
            after = next(new) if row.kind != "del" else None
            made.append((row, after or before or escape("")))
    return made


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
