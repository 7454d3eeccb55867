"""What is merged into a branch before it is deployed, and what stands in the way of that."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from deployments import lines
from deployments.blockers import Blocker
from deployments.exceptions import MergeConflict
from deployments.forges.contract import Resolved
from deployments.models import Application, Deployment, Environment
from deployments.selectors import code


@dataclass(frozen=True)
class Coming:
    """`branch` lacks some commits of `base`, the default branch, which is to be merged into it."""

    base: str
    base_sha: str
    branch: str
    branch_sha: str
    commits: int
    conflicts: tuple[str, ...] = ()  # files
    impossible: str = ""  # why nothing can be merged there

    def __str__(self) -> str:
        return f"{self.base} will be merged into {self.branch} first ({count(self.commits)})"


def coming(application: Application, resolved: Resolved | None) -> Coming | None:
    """Return the merge that deploying this begins with. Its repository was asked just now.

    Only of branches: a tag, a commit or a pull request is deployed as it is.
    """
    if resolved is None or not application.auto_merge or resolved.kind != "branch":
        return None
    refs = code.refs(application, fresh=False)
    if not refs.head or resolved.ref == refs.default:
        return None
    lacks = code.between(application, resolved.sha, refs.head).ahead
    if not lacks:
        return None
    return Coming(
        refs.default,
        refs.head,
        resolved.ref,
        resolved.sha,
        lacks,
        code.conflicts(application, resolved.sha, refs.head),
        code.no_merge(application),
    )


def against(environment: Environment, found: Coming | None) -> Iterator[Blocker]:
    """Give why the merge cannot be done, each with the line that deploys without it."""
    if found is None:
        return
    line = without(environment, found.branch_sha)
    if found.conflicts:
        text = str(MergeConflict(found.base, found.branch, found.conflicts))
        yield Blocker("conflict", text, by_hand(found.base, found.branch, line), line=line)
    elif found.impossible:
        clears = f"As it is, {found.branch} is deployed by “{line}”."
        yield Blocker("no_merge", found.impossible, clears, line=line)


def by_hand(base: str, branch: str, line: str) -> str:
    """Say what to do about a conflict."""
    return f"Merge {base} into {branch} by hand and push, or deploy without: “{line}”."


def without(environment: Environment, sha: str) -> str:
    """Return the line that deploys the commit as it is: commits are never merged into."""
    return lines.deploy(environment.application.name, sha[:7], environment.name)


def told(deployment: Deployment) -> str:
    """Say what was merged into its ref first; empty: nothing was."""
    merged = deployment.merging or {}
    if not merged.get("sha"):
        return ""
    return f"{merged['base']} was merged into {deployment.ref} first ({count(merged['commits'])})"


def said(deployment: Deployment, waits: str) -> str:
    """Say for what it waits, behind what was merged."""
    first = told(deployment)
    return f"{first}; {waits}" if first else waits


def count(commits: int) -> str:
    return f"{commits} commit{'' if commits == 1 else 's'}"
