"""What changes between two commits, in an amount that a page can bear."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from deployments.exceptions import ForgeError
from deployments.forges import git
from deployments.forges.contract import Diff, FileDiff, FileStatus
from deployments.forges.text import drawn, path

EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
MOST_FILES = 1_000
MOST_LINES = 400
MOST_BYTES = 64 * 1024
MOST_BYTES_IN_ALL = 2 * 1024 * 1024
OPTIONS = ["diff-tree", "-r", "--no-ext-diff", "--no-textconv", "--find-renames", "--full-index"]
SECTION = re.compile(rb"^diff --git ", re.M)
STATUS: dict[str, FileStatus] = {
    "A": "added",
    "D": "deleted",
    "M": "modified",
    "R": "renamed",
    "C": "copied",
    "T": "retyped",
}


@dataclass(frozen=True, slots=True)
class Change:
    status: FileStatus
    old_path: bytes
    path: bytes


def diff(mirror: Path, base: str, head: str) -> Diff:
    """Return changed files with counts and patches."""
    pair = [git.full_sha(base), git.full_sha(head)]
    command = [*OPTIONS, "-z", "--raw", "--numstat", "--end-of-options", *pair, "--"]
    tokens = iter(git.read(mirror, command).split(b"\0"))
    changes, first_count = _changes(tokens)
    counts = list(_counts(tokens, first_count))
    patches, cut = _patches(mirror, pair, changes[:MOST_FILES])
    files = tuple(map(_file, changes, counts, patches))
    return Diff(
        files=files,
        changed=len(changes),
        additions=sum(added or 0 for added, _ in counts),
        deletions=sum(deleted or 0 for _, deleted in counts),
        truncated=cut or len(files) < len(changes) or any(file.truncated for file in files),
    )


def _changes(tokens: Iterator[bytes]) -> tuple[list[Change], bytes]:
    """Read the entries of --raw; return them and the token that follows."""
    changes: list[Change] = []
    for token in tokens:
        if not token.startswith(b":"):
            return changes, token
        letter = token.split()[-1][:1].decode()
        old = new = next(tokens)
        if letter in "RC":
            new = next(tokens)
        changes.append(Change(STATUS.get(letter, "modified"), old, new))
    return changes, b""


def _counts(tokens: Iterator[bytes], token: bytes) -> Iterator[tuple[int | None, int | None]]:
    """Read the entries of --numstat, which come in the order of --raw; None is binary."""
    while token:
        added, deleted, name = token.split(b"\t", 2)
        if not name:
            next(tokens)
            next(tokens)
        yield _number(added), _number(deleted)
        token = next(tokens, b"")


def _number(word: bytes) -> int | None:
    return None if word == b"-" else int(word)


def _patches(mirror: Path, pair: list[str], changes: list[Change]) -> tuple[list[bytes], bool]:
    """Return the patch of each change; those beyond the limit are empty."""
    output = git.run(
        mirror, [*OPTIONS, "--patch", "--end-of-options", *pair, "--"], limit=MOST_BYTES_IN_ALL
    )
    if output.code and not output.ended:
        raise ForgeError(f"git diff-tree: {output.error}")
    sections = iter(_sections(output.out, cut=bool(output.ended)))
    # A file that becomes a link has two sections: one is taken away, one is added.
    patches = [
        b"".join(next(sections, b"") for _ in range(2 if change.status == "retyped" else 1))
        for change in changes
    ]
    return patches, bool(output.ended)


def _sections(out: bytes, *, cut: bool) -> list[bytes]:
    """Split at the headings; where the end was cut off, the last one counts if it fills a page."""
    starts = [match.start() for match in SECTION.finditer(out)]
    sections = [out[start:end] for start, end in pairwise([*starts, len(out)])]
    if cut and sections and len(sections[-1]) <= MOST_BYTES:
        sections.pop()
    return sections


def _file(change: Change, count: tuple[int | None, int | None], patch: bytes) -> FileDiff:
    added, deleted = count
    lines = patch[:MOST_BYTES].split(b"\n")[:MOST_LINES]
    shown = b"\n".join(lines)
    return FileDiff(
        path=path(change.path),
        old_path=path(change.old_path),
        status=change.status,
        additions=added or 0,
        deletions=deleted or 0,
        binary=added is None,
        patch=drawn(shown),
        truncated=not patch or len(shown) < len(patch),
    )
