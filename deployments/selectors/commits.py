"""Commits, each with what is to be known of it before it goes out.

What lies between two commits, and what one of them changes, never becomes something else: it is
read once from what is at hand, and remembered.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache

from deployments import forges
from deployments.exceptions import DeploymentError, ForgeError
from deployments.forges.contract import Commit, Comparison, Size, Source
from deployments.models import Application, Deployment, Environment, Person
from deployments.selectors import checks, code
from deployments.selectors.applications import Stop
from deployments.selectors.checks import Sign
from deployments.selectors.compare import MIGRATION

SHOWN = 20
LOOKED_BACK = 100  # deployments
WRONG = ("failure", "error", "cancelled")
Key = tuple[str, Source]


@dataclass(frozen=True)
class Listed:
    """One commit of a list."""

    commit: Commit
    size: Size | None = None  # None: too much to count
    sign: Sign | None = None  # what checks say
    tried: Deployment | None = None  # the newest here that did not succeed
    runs_in: tuple[str, ...] = ()  # other environments of the app
    goes: bool = True  # whether it is part of what is reviewed

    @property
    def migrates(self) -> bool:
        return self.size is not None and bool(migrations(self.size))


@dataclass(frozen=True)
class People:
    """Who wrote commits."""

    count: int
    oldest: Commit


def listed(
    environment: Environment,
    comparison: Comparison | None,
    stops: Sequence[Stop],
    going: Comparison | None = None,
) -> list[Listed]:
    """Return the newest of what comes; `going`: what of it is asked for."""
    if comparison is None:
        return []
    app, shown = environment.application, comparison.commits[:SHOWN]
    shas = [commit.sha for commit in shown]
    signs, sizes, tried = checks.signs(app, shas), _sizes(app, shas), _tried(environment, shas)
    places = _places(environment, stops)
    goes = {commit.sha for commit in going.commits} if going is not None else set(shas)
    return [
        Listed(
            one,
            sizes.get(one.sha),
            signs.get(one.sha),
            tried.get(one.sha),
            places.get(one.sha, ()),
            one.sha in goes,
        )
        for one in shown
    ]


def people(comparison: Comparison, known: Mapping[str, Person]) -> People | None:
    """Return how many wrote it; None where not all of the commits are at hand. `known`: people
    here by their addresses, of which one person may have several."""
    if comparison.truncated or not comparison.commits:
        return None
    authors = {
        known.get(one.author_email) or one.author_email or one.author_name
        for one in comparison.commits
    }
    return People(len(authors), comparison.commits[-1])


def between(application: Application, base: str, head: str, limit: int = SHOWN) -> Comparison:
    """Compare two commits that are at hand; a ForgeError where one is not."""
    return _between(_key(application), base, head, limit)


def gaps(application: Application, stops: Sequence[Stop]) -> dict[int, Comparison]:
    """Return what each stop lacks of the one before, by environment, as far as it is at hand."""
    found = {}
    for stop in stops:
        if stop.pair is not None and stop.differs:
            with suppress(DeploymentError):
                found[stop.environment.pk] = between(application, *stop.pair)
    return found


def size(application: Application, comparison: Comparison | None) -> Size | None:
    """Return how much changes from end to end; None: nothing runs, or it is too much to count."""
    if comparison is None or comparison.base == comparison.head:
        return None
    return _size(_key(application), comparison.base, comparison.head)


def migrations(found: Size) -> list[str]:
    """Return the files by which the database changes."""
    return [path for path in found.paths if MIGRATION.search(path)]


def _key(application: Application) -> Key:
    return application.repository.forge, code.source(application)


@lru_cache(1024)
def _between(key: Key, base: str, head: str, limit: int) -> Comparison:
    known, source = forges.forge(key[0]), key[1]
    for sha in (base, head):
        if not known.has(source, sha):
            raise ForgeError(f"{sha} has not been seen yet.")
    return known.between(source, base, head, limit)


@lru_cache(256)
def _size(key: Key, base: str, head: str) -> Size | None:
    try:
        return forges.forge(key[0]).size(key[1], base, head)
    except DeploymentError:
        return None


def _sizes(application: Application, shas: Sequence[str]) -> Mapping[str, Size]:
    return _sizes_of(_key(application), tuple(shas))


@lru_cache(256)
def _sizes_of(key: Key, shas: tuple[str, ...]) -> Mapping[str, Size]:
    try:
        return forges.forge(key[0]).sizes(key[1], shas)
    except DeploymentError:
        return {}


def _tried(environment: Environment, shas: Sequence[str]) -> dict[str, Deployment]:
    """Return the newest try of each commit that went out here lately and did not succeed."""
    rows = Deployment.objects.filter(environment=environment).order_by("-pk")
    lately = rows.only("sha", "status", "reason")[:LOOKED_BACK]
    wrong = [one for one in lately if one.sha in shas and one.status in WRONG]
    return {one.sha: one for one in reversed(wrong)}


def _places(environment: Environment, stops: Sequence[Stop]) -> dict[str, tuple[str, ...]]:
    """Return where else each commit runs."""
    found: dict[str, tuple[str, ...]] = {}
    for stop in stops:
        whole = stop.cell.running.whole
        if whole is not None and stop.environment.pk != environment.pk:
            found[whole.sha] = (*found.get(whole.sha, ()), stop.environment.name)
    return found
