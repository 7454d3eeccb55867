"""The forge without a website: a repository that git itself can read, by path or address."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from functools import lru_cache

from deployments.exceptions import DeploymentError
from deployments.forges import diffs, git, history, merging, mirrors, names, sizes, trees
from deployments.forges.contract import (
    Away,
    Check,
    Commit,
    Comparison,
    Diff,
    Merge,
    Merged,
    Mirror,
    Pull,
    Refs,
    Resolved,
    Size,
    Source,
    TreeNotes,
)


class LocalForge:
    """Names are asked of the repository; commits, once known, are read from the mirror."""

    def resolve(self, source: Source, ref: str | None = None) -> Resolved:
        """Return what the name means now. Only a full commit id that is known needs no network."""
        if ref is not None and git.SHA.fullmatch(ref.lower()):
            mirrors.holding(source, ref.lower())
            return Resolved(ref.lower(), ref.lower(), "commit")
        if ref is not None:
            names.validate_ref(ref)
        return names.find(source, mirrors.refresh(source), ref)

    def refs(self, source: Source, *, fresh: bool = True) -> Refs:
        """Return branches and tags as they are now, or as last seen (`seen_at`) without network."""
        return names.listing(mirrors.refresh(source) if fresh else mirrors.last(source))

    def commits(self, source: Source, ref: str | None = None, limit: int = 50) -> list[Commit]:
        sha = self.resolve(source, ref).sha
        return history.commits(mirrors.holding(source, sha), sha, limit=limit)

    def between(self, source: Source, base: str, head: str, limit: int = 250) -> Comparison:
        return _between(source, base, head, limit)

    def diff(self, source: Source, base: str | None, head: str) -> Diff:
        """Return what changes from base to head; without base, everything is added."""
        mirror = mirrors.holding(source, *([base] if base else []), head)
        return diffs.diff(mirror, base or diffs.EMPTY_TREE, head)

    def sizes(self, source: Source, shas: Sequence[str]) -> dict[str, Size]:
        """Return how much each commit changes against its first parent."""
        return sizes.sizes(mirrors.holding(source, *shas), shas)

    def size(self, source: Source, base: str, head: str) -> Size:
        """Return how much changes between two commits."""
        return sizes.size(mirrors.holding(source, base, head), base, head)

    def mirror(self, source: Source, sha: str) -> Mirror:
        """Return a mirror that holds the commit from now on, whatever happens to its branch."""
        path = mirrors.holding(source, sha)
        mirrors.keep(path, sha)
        return Mirror(path)

    def notes(self, source: Source, sha: str) -> TreeNotes:
        return trees.notes(mirrors.holding(source, sha), sha)

    def checks(self, source: Source, sha: str) -> tuple[Check, ...]:
        """Return nothing: git keeps no checks, they are reported to Shipmate."""
        return ()

    def pulls(self, source: Source) -> Sequence[Pull] | None:
        """Return nothing: git knows no pull requests."""
        return None

    def conflicts(self, source: Source, branch_sha: str, base_sha: str) -> tuple[str, ...]:
        """Return the files in which a merge would conflict; tried in the mirror alone."""
        return merging.conflicts(source, branch_sha, base_sha)

    def no_merge(self, source: Source) -> str:
        """Say why nothing can be merged there: it takes a bare repository on this machine."""
        return merging.no_merge(source)

    def merge(self, source: Source, wish: Merge) -> Merged:
        """Merge in the repository itself, without a work tree, a hook or a driver."""
        return merging.merge(source, wish)

    def has(self, source: Source, sha: str) -> bool:
        """Return whether the commit is on this machine, so that nobody need be asked for it."""
        with suppress(DeploymentError):  # what is wrong with it is told by whoever needs it
            return bool(git.SHA.fullmatch(sha)) and mirrors.holds(source, sha)
        return False

    def away(self, source: Source) -> Away | None:
        """Return why the repository cannot be reached, as far as that is known without asking."""
        return mirrors.away(source)


@lru_cache(maxsize=200)
def _between(source: Source, base: str, head: str, limit: int) -> Comparison:
    """Compare two commits; what lies between them never changes."""
    return history.between(mirrors.holding(source, base, head), base, head, limit)
