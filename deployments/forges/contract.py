"""What Shipmate asks of a place that keeps code."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal, Protocol

RefKind = Literal["branch", "tag", "commit", "pull request"]
FileStatus = Literal["added", "deleted", "modified", "renamed", "copied", "retyped"]


class Access(Protocol):
    """What lets Shipmate in where code is not for everybody."""

    def password(self) -> str:
        """Return what git signs in with now. May ask the network."""
        ...

    def trouble(self) -> str:
        """Return what is amiss and what to do, in a sentence, or nothing. Asks the network."""
        ...


@dataclass(frozen=True, slots=True)
class Source:
    """One repository: where it is, what people call it, and what opens it."""

    location: str
    name: str
    access: Access | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Commit:
    sha: str
    author_name: str
    author_email: str
    authored_at: datetime
    subject: str
    parents: tuple[str, ...]

    @property
    def short(self) -> str:
        return self.sha[:8]


@dataclass(frozen=True, slots=True)
class Resolved:
    """What a name means now; `ref` is the name without refs/heads/ or refs/tags/."""

    sha: str
    ref: str
    kind: RefKind


@dataclass(frozen=True, slots=True)
class Ref:
    name: str
    sha: str
    date: datetime


@dataclass(frozen=True, slots=True)
class Refs:
    """Newest first. `default` is empty where the repository has no commits yet."""

    default: str
    branches: tuple[Ref, ...]
    tags: tuple[Ref, ...]
    seen_at: datetime

    @property
    def head(self) -> str:
        """Return the default branch's commit; empty where there is none."""
        return next((ref.sha for ref in self.branches if ref.name == self.default), "")


@dataclass(frozen=True, slots=True)
class Comparison:
    """What `head` has over `base` (`ahead`), what it lacks (`behind`), and the commits ahead."""

    base: str
    head: str
    ahead: int
    behind: int
    commits: tuple[Commit, ...]
    truncated: bool

    @property
    def is_descendant(self) -> bool:
        return self.behind == 0


@dataclass(frozen=True, slots=True)
class FileDiff:
    path: str
    old_path: str
    status: FileStatus
    additions: int
    deletions: int
    binary: bool
    patch: str
    truncated: bool


@dataclass(frozen=True, slots=True)
class Diff:
    """Counts are of all changed files, also where `truncated` left files or lines out."""

    files: tuple[FileDiff, ...]
    changed: int
    additions: int
    deletions: int
    truncated: bool


@dataclass(frozen=True, slots=True)
class Size:
    """How much changes: lines, and the files by name."""

    additions: int
    deletions: int
    paths: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Mirror:
    """A bare repository on this machine that holds the commit it was asked for."""

    path: Path


@dataclass(frozen=True, slots=True)
class TreeNotes:
    """What a deployment of this tree does not do, as people may expect it to."""

    submodules: tuple[str, ...] = field(default=())
    lfs: tuple[str, ...] = field(default=())
    export_ignore: tuple[str, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Away:
    """A repository cannot be reached: what was heard of it, and when."""

    text: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Check:
    """What a check says of a commit; `state` is pending, success, failure or error.

    `source`: what of the forge's says it, where several may under one name; `said_at`: when.
    """

    context: str
    state: str
    description: str = ""
    url: str = ""
    source: str = field(default="", compare=False)
    said_at: datetime | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Pull:
    """A pull request as the forge tells of it; `said_at`: when it last changed, by its clock."""

    number: int
    title: str
    author: str
    sha: str
    is_open: bool
    said_at: datetime


@dataclass(frozen=True, slots=True)
class Author:
    """Who stands in a commit; the e-mail is one that everybody who reads the code may know."""

    name: str
    email: str


@dataclass(frozen=True, slots=True)
class Merge:
    """`base`, the default branch at `base_sha`, is to be merged into `branch`.

    `author` and `at` make the commit; a forge with accounts of its own names its own. `expects`:
    where the branch must be, if somebody looked at that.
    """

    branch: str
    base: str
    base_sha: str
    message: str
    author: Author
    at: datetime
    expects: str = ""


@dataclass(frozen=True, slots=True)
class Merged:
    """The merge commit, or where the branch is if there was nothing to merge."""

    sha: str
    is_new: bool


class Forge(Protocol):
    """A refusal is RepositoryAway (later may help), ForgeError or Invalid."""

    def resolve(self, source: Source, ref: str | None = None) -> Resolved: ...

    def refs(self, source: Source, *, fresh: bool = True) -> Refs: ...

    def commits(self, source: Source, ref: str | None = None, limit: int = 50) -> list[Commit]: ...

    def between(self, source: Source, base: str, head: str, limit: int = 250) -> Comparison: ...

    def diff(self, source: Source, base: str | None, head: str) -> Diff: ...

    def sizes(self, source: Source, shas: Sequence[str]) -> dict[str, Size]: ...

    def size(self, source: Source, base: str, head: str) -> Size: ...

    def mirror(self, source: Source, sha: str) -> Mirror: ...

    def notes(self, source: Source, sha: str) -> TreeNotes: ...

    def checks(self, source: Source, sha: str) -> tuple[Check, ...]: ...

    def pulls(self, source: Source) -> Sequence[Pull] | None:
        """Return the open pull requests that changed last; None where it knows of none."""
        ...

    def conflicts(self, source: Source, branch_sha: str, base_sha: str) -> tuple[str, ...]:
        """Return the files in which a merge would conflict. Changes nothing."""
        ...

    def no_merge(self, source: Source) -> str:
        """Say why nothing can be merged there, as far as that is known without asking; or ""."""
        ...

    def merge(self, source: Source, wish: Merge) -> Merged:
        """Merge where the branch lacks it; asked again, nothing more happens.

        Raises MergeConflict, besides what all raise.
        """
        ...

    def has(self, source: Source, sha: str) -> bool: ...

    def away(self, source: Source) -> Away | None: ...
