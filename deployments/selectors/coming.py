"""What is not out yet: for each environment, what comes before it has and it has not.

Told from what was last seen of the repository: a page waits for nobody.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from deployments.exceptions import DeploymentError
from deployments.forges.contract import Comparison
from deployments.models import Application, Environment
from deployments.selectors import code, commits
from deployments.selectors.applications import Stop

SHOWN = 10  # commits of each group


@dataclass(frozen=True)
class Group:
    """Commits that an environment lacks against the one before it, or the default branch."""

    environment: Environment
    source: str  # where they are: a branch, or an environment's name
    comparison: Comparison

    @property
    def more(self) -> int:
        return max(0, self.comparison.ahead - SHOWN)


@dataclass(frozen=True)
class Coming:
    groups: list[Group] = field(default_factory=list)
    default: str = ""
    seen_at: datetime | None = None
    trouble: str = ""


def coming(application: Application, stops: Sequence[Stop]) -> Coming:
    """Return the commits that are not out, grouped by the environment that lacks them."""
    try:
        refs = code.refs(application, fresh=False)
    except DeploymentError as error:
        return Coming(trouble=str(error))
    source, sha = refs.default, refs.head
    groups = []
    for stop in stops:
        found = _compared(application, stop.cell.running.shas, sha)
        if found is not None and found.ahead:
            groups.append(Group(stop.environment, source, found))
        whole = stop.cell.running.whole
        if whole is not None:  # where hosts differ, what comes after is told from before
            source, sha = stop.environment.name, whole.sha
    return Coming(groups, refs.default, refs.seen_at)


def _compared(application: Application, shas: Sequence[str], head: str) -> Comparison | None:
    """Compare with what runs, with what lacks most where hosts differ; None: it is not known."""
    if not shas or not head:
        return None
    try:
        found = [commits.between(application, sha, head, SHOWN) for sha in shas]
    except DeploymentError:
        return None
    return max(found, key=lambda one: one.ahead, default=None)
