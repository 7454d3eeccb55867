"""What may be deployed, by the few letters that were typed: branches, tags, commits, pull requests.

Asked at every key, so it asks nobody outside: all is as the repository was last seen.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from itertools import islice

from deployments import forges
from deployments.exceptions import DeploymentError
from deployments.forges.contract import Commit, Comparison, Refs, Source
from deployments.models import Application, Environment
from deployments.selectors import code, commits, pulls, running

REMEMBERED = 10  # seconds, for the names: a repository may have thousands
LOOKED_AT = 500  # commits of the default branch
MOST = 10
FEW = 4  # commits beside names
SHORTEST = 4  # digits of a commit
PULL = "pull request"


@dataclass(frozen=True)
class Choice:
    """One thing that may be deployed."""

    name: str  # what is written into the field
    kind: str  # branch, tag, commit, pull request
    sha: str
    date: datetime
    said: str = ""  # a commit's subject, a pull request's title
    comparison: Comparison | None = None  # with what runs; None: it is not known
    is_default: bool = False
    author: str = ""  # a pull request's
    since: datetime | None = None  # from when this is known, where that is long ago

    @property
    def runs(self) -> bool:
        return self.comparison is not None and self.comparison.base == self.sha


def choices(environment: Environment, text: str) -> list[Choice]:
    """Return the likeliest first; without a text the default branch and what is newest."""
    app, asked = environment.application, text.strip().casefold()
    requests = list(islice(_requests(app, asked), MOST)) if asked else []
    if asked.startswith("#"):
        return requests
    try:
        refs = _refs(app.repository.forge, code.source(app), int(time.monotonic() / REMEMBERED))
        written = list(islice(_commits(app, refs, asked), MOST))
    except DeploymentError:
        return requests  # nobody has looked at it yet
    named = sorted(_named(refs, asked), key=lambda one: _rank(one, asked))
    others = [*requests[:FEW], *written]
    found = [*named[: MOST - min(FEW, len(others))], *others][:MOST]
    return _compared(environment, found)


def _requests(app: Application, asked: str) -> Iterator[Choice]:
    """Yield open pull requests by “#12”, or by words of title and author."""
    kept = pulls.known(app.repository)
    for one in kept.pulls:
        if pulls.fits(one, asked):
            name, said, by = f"#{one.number}", one.title, one.author
            yield Choice(name, PULL, one.sha, one.said_at, said, author=by, since=kept.since)


def _named(refs: Refs, asked: str) -> Iterator[Choice]:
    twice = {ref.name for ref in refs.branches} & {ref.name for ref in refs.tags}
    for kind, prefix, listed in (("branch", "heads", refs.branches), ("tag", "tags", refs.tags)):
        for ref in listed:
            if asked in ref.name.casefold():
                name = f"refs/{prefix}/{ref.name}" if ref.name in twice else ref.name
                default = kind == "branch" and ref.name == refs.default
                yield Choice(name, kind, ref.sha, ref.date, is_default=default)


def _rank(one: Choice, asked: str) -> tuple[int, float]:
    """Put what was typed whole first, then what begins so, then what has a part that does."""
    name = one.name.casefold()
    parts = [part.startswith(asked) for part in name.replace("-", "/").split("/")]
    fits = (one.is_default and not asked, name == asked, name.startswith(asked), any(parts), True)
    return fits.index(True), -one.date.timestamp()


def _commits(app: Application, refs: Refs, asked: str) -> Iterator[Choice]:
    """Yield commits of the default branch by their first digits, or words of subject and author."""
    head = next((ref.sha for ref in refs.branches if ref.name == refs.default), "")
    words = asked.split()
    for one in _history(app.repository.forge, code.source(app), head) if head else ():
        said = f"{one.subject} {one.author_name}".casefold()
        is_it = len(asked) >= SHORTEST and one.sha.startswith(asked)
        if is_it or all(word in said for word in words):
            yield Choice(one.sha, "commit", one.sha, one.authored_at, one.subject)


def _compared(environment: Environment, found: Iterable[Choice]) -> list[Choice]:
    """Say of each how far it is from what runs, with what lacks most where hosts differ.

    The head of a pull request is rarely on this machine, and nobody is asked for it.
    """
    shas = running.in_(environment).shas[-1:]
    return [
        one if one.kind == PULL else replace(one, comparison=_distance(environment, shas, one.sha))
        for one in found
    ]


def _distance(environment: Environment, shas: Iterable[str], head: str) -> Comparison | None:
    with suppress(DeploymentError):
        for sha in shas:
            return commits.between(environment.application, sha, head, 0)
    return None


@lru_cache(maxsize=16)
def _refs(forge: str, source: Source, tick: int) -> Refs:
    """Return branches and tags as last seen: read every few seconds, whatever is typed."""
    return forges.forge(forge).refs(source, fresh=False)


@lru_cache(maxsize=16)
def _history(forge: str, source: Source, head: str) -> Sequence[Commit]:
    return forges.forge(forge).commits(source, head, LOOKED_AT)
