"""Commits: one after another, and between two."""

from __future__ import annotations

from pathlib import Path

from deployments.forges import git
from deployments.forges.contract import Commit, Comparison
from deployments.forges.names import moment
from deployments.forges.text import plain

# The subject comes last and the others cannot hold a newline, so nothing can shift a field.
FORMAT = "--format=%H%n%P%n%at%n%an%n%ae%n%s"
FIELDS = 6


def commits(mirror: Path, *revisions: str, limit: int) -> list[Commit]:
    """Return the newest commits of a range."""
    command = ["log", "-z", FORMAT, f"--max-count={limit}", "--end-of-options", *revisions, "--"]
    records = git.read(mirror, command).split(b"\0")
    return [_commit(record) for record in records if record.count(b"\n") >= FIELDS - 1]


def between(mirror: Path, base: str, head: str, limit: int) -> Comparison:
    """Count what each side has over the other, and list what head has over base."""
    pair = f"{git.full_sha(base)}...{git.full_sha(head)}"
    command = ["rev-list", "--left-right", "--count", "--end-of-options", pair, "--"]
    behind, ahead = map(int, git.read(mirror, command).split())
    listed = commits(mirror, head, f"^{base}", limit=limit) if limit and ahead else []
    return Comparison(base, head, ahead, behind, tuple(listed), truncated=ahead > len(listed))


def _commit(record: bytes) -> Commit:
    sha, parents, when, name, email, subject = record.split(b"\n", FIELDS - 1)
    return Commit(
        sha=sha.decode(),
        author_name=plain(name),
        author_email=plain(email),
        authored_at=moment(when.decode(errors="replace")),
        subject=plain(subject),
        parents=tuple(parents.decode().split()),
    )
