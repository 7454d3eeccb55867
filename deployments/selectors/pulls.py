"""Pull requests as their forge last told of them. Asks nobody."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from difflib import get_close_matches

from django.utils import timezone

from deployments.models import PullRequest, PullRequestsHeard, Repository

FEW = 3
OLD = timedelta(minutes=15)  # from which on it is said from when they are


@dataclass(frozen=True)
class Known:
    """The open ones, last changed first; `since`: from when they are, where that is long ago."""

    pulls: Sequence[PullRequest] = ()
    since: datetime | None = None


def known(repository: Repository) -> Known:
    """Return what is kept of a repository. Of git alone the database is not asked."""
    if repository.forge != "github":
        return Known()
    found = list(PullRequest.objects.filter(repository=repository, is_open=True))
    heard = PullRequestsHeard.objects.filter(repository=repository).first() if found else None
    at = heard.heard_at if heard else None
    return Known(found, at if at and timezone.now() - at > OLD else None)


def fits(pull: PullRequest, asked: str) -> bool:
    """Return whether it is meant by “#12”, or by words of its title or its author."""
    number, hash_, rest = asked.partition("#")
    if hash_ and not number:
        return str(pull.number).startswith(rest)
    said = f"{pull.title} {pull.author}".casefold()
    return bool(asked.split()) and all(word in said for word in asked.casefold().split())


def near(repository: Repository, number: str) -> list[str]:
    """Return the open ones whose number may have been meant, as refs."""
    numbers = [str(pull.number) for pull in known(repository).pulls]
    return [f"#{one}" for one in get_close_matches(number, numbers, FEW, cutoff=0.5)]
