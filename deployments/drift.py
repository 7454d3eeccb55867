"""What is not out: where a commit is live, where it was taken back, and what it waits behind."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from deployments.forges.contract import Comparison
from deployments.models import Application, Deployment, Environment
from deployments.selectors import code, running
from deployments.selectors.running import Odd, Running

LOOKED_BACK = 30  # releases: further back it is only said that it is live
UNFINISHED = ("pending", "queued", "in_progress")

Compare = Callable[[str, str], Comparison]


@dataclass(frozen=True)
class Whereabouts:
    """How a commit stands in one environment."""

    environment: Environment
    hosts: int = 0  # that run it; none: it is not live
    of: int = 0  # hosts in all; none where nothing is placed
    is_live: bool = False
    since: datetime | None = None  # since when it is live, or no longer
    brought: Deployment | None = None  # what brought it
    gone: Deployment | None = None  # what took it away again
    coming: Deployment | None = None  # what is about to bring it
    behind: int | None = None  # commits that go out with it; none: nothing runs there
    odd: tuple[Odd, ...] = ()  # hosts that say something else than is on record


def whereabouts(environments: Sequence[Environment], sha: str) -> list[Whereabouts]:
    """Tell of each environment of one application how the commit stands there."""
    if not environments:
        return []
    compare = _comparing(environments[0].application)
    runs = running.of(environments)
    return [_in(environment, runs[environment.pk], sha, compare) for environment in environments]


def _in(environment: Environment, runs: Running, sha: str, compare: Compare) -> Whereabouts:
    with_it = [v for v in runs.versions if v.sha and _holds(compare, v.sha, sha)]
    hosts, of = (sum(v.hosts for v in found) for found in (with_it, runs.versions))
    releases = _releases(environment)
    if with_it:
        first = _first(releases, sha, compare) or with_it[-1].deployment
        since = first.finished_at or first.started_at if first else None
        return Whereabouts(environment, hosts, of, True, since, first, odd=runs.odd)
    brought, gone = _taken(releases, sha, compare)
    found = running.compared(environment.application, runs, sha) if runs.shas else None
    return Whereabouts(
        environment,
        of=of,
        since=gone.finished_at if gone else None,
        brought=brought,
        gone=gone,
        coming=_coming(environment, sha, compare),
        behind=found.ahead if found else None,
        odd=runs.odd,
    )


def _releases(environment: Environment) -> list[Deployment]:
    """Return what became current there, newest first: going back counts as well."""
    found = Deployment.objects.filter(
        environment=environment, status="success", task="deploy", hosts=[]
    )
    return list(found.select_related("person").order_by("-pk")[:LOOKED_BACK])


def _first(releases: list[Deployment], sha: str, compare: Compare) -> Deployment | None:
    """Return the deployment since which it has been live without a break."""
    first = None
    for release in releases:
        if not _holds(compare, release.sha, sha):
            break
        first = release
    return first


def _taken(
    releases: list[Deployment], sha: str, compare: Compare
) -> tuple[Deployment | None, Deployment | None]:
    """Return the newest deployment that brought it, and the one after, which took it away."""
    after: Deployment | None = None
    for release in releases:
        if _holds(compare, release.sha, sha):
            return release, after
        after = release
    return None, None


def _coming(environment: Environment, sha: str, compare: Compare) -> Deployment | None:
    asked = Deployment.objects.filter(environment=environment, status__in=UNFINISHED)
    known = asked.exclude(sha="").filter(task="deploy").order_by("pk")
    return next((one for one in known if _holds(compare, one.sha, sha)), None)


def _comparing(application: Application) -> Compare:
    return cache(lambda base, head: code.between(application, base, head))


def _holds(compare: Compare, release: str, sha: str) -> bool:
    """Return whether the commit is part of what a release has."""
    return release == sha or compare(release, sha).ahead == 0
