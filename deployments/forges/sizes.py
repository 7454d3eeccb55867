"""How much commits change: lines, and the names of files."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from deployments.forges import git
from deployments.forges.contract import Size
from deployments.forges.text import path

PATIENCE = 3.0  # seconds: a page can do without
COUNTING = ["--no-ext-diff", "--no-textconv", "--no-renames", "--numstat"]


def sizes(mirror: Path, shas: Sequence[str]) -> dict[str, Size]:
    """Return what each commit changes against its first parent."""
    named = [git.full_sha(sha) for sha in shas]
    if not named:
        return {}
    flags = ["--no-walk=unsorted", "--diff-merges=first-parent", "--format=%x00%H"]
    found = git.read(
        mirror, ["log", *flags, *COUNTING, "--end-of-options", *named, "--"], timeout=PATIENCE
    )
    records = [record.split(b"\n") for record in found.split(b"\0")[1:]]
    return {sha.decode(): _size(lines) for sha, *lines in records}


def size(mirror: Path, base: str, head: str) -> Size:
    """Return what changes between two commits."""
    pair = [git.full_sha(base), git.full_sha(head)]
    found = git.read(
        mirror, ["diff-tree", "-r", *COUNTING, "--end-of-options", *pair, "--"], timeout=PATIENCE
    )
    return _size(found.split(b"\n"))


def _size(lines: Iterable[bytes]) -> Size:
    counts = [line.split(b"\t", 2) for line in lines if line.count(b"\t") >= 2]
    return Size(
        additions=sum(int(added) for added, _, _ in counts if added.isdigit()),  # "-": binary
        deletions=sum(int(removed) for _, removed, _ in counts if removed.isdigit()),
        paths=tuple(path(name.strip(b'"')) for _, _, name in counts),
    )
