"""What opens a repository at its forge, as far as it may be shown."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from deployments.exceptions import DeploymentError
from deployments.forges.github import limits
from deployments.forges.github.access import App, Token
from deployments.models import ForgeAccess, Repository
from deployments.selectors import code


@dataclass(frozen=True)
class Opened:
    """`limit` and `remaining` are of GitHub's hour, as it said last; 0: it has said nothing.
    `resets_at`: when the hour is over; `silent_until`: until when it wants to be asked nothing.

    `trouble`: why it could not be told of deployments at last; `failures`: its silences in a row.
    """

    app: str
    fingerprint: str
    updated_at: datetime
    reached_at: datetime | None
    failures: int
    trouble: str
    limit: int = 0
    remaining: int = 0
    resets_at: datetime | None = None
    silent_until: datetime | None = None


def of(repository: Repository) -> Opened | None:
    """Return what is known of it without asking anybody."""
    kept = ForgeAccess.objects.filter(repository=repository).first()
    if kept is None:
        return None
    said = _limits(repository)
    told = (kept.reached_at, kept.failures, kept.trouble)
    facts = (kept.app, kept.fingerprint, kept.updated_at, *told)
    if said is None:
        return Opened(*facts)
    resets, silent = _to_come(said.resets_at), _to_come(said.silent_until)
    return Opened(*facts, said.limit, said.remaining if resets else said.limit, resets, silent)


def _to_come(seconds: float) -> datetime | None:
    """Return the moment, unless it has passed."""
    found = datetime.fromtimestamp(seconds, UTC)
    return found if found > datetime.now(UTC) else None


def _limits(repository: Repository) -> limits.Limits | None:
    try:
        access = code.source_of(repository).access
        return limits.known(access.whose) if isinstance(access, Token | App) else None
    except DeploymentError:  # a secret that today's keys cannot read has nothing to show
        return None
