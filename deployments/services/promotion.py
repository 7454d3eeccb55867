"""Promotion: exactly the commit that runs in one environment is deployed to another."""

from __future__ import annotations

from deployments import lines
from deployments.exceptions import Invalid
from deployments.models import Deployment, Environment
from deployments.selectors import running
from deployments.selectors.running import Running, Version
from deployments.services import lifecycle
from deployments.services.lifecycle import Door, Kind
from deployments.services.looking import Wish, look


def promote(source: Environment, target: Environment, door: Door) -> Deployment:
    """Deploy what all hosts of `source` run. Refuses where that is not one whole release."""
    known = lifecycle.find_by_key(door)
    if known is not None:
        return known
    release = _release(source, target)
    found = look(target, door.person, Wish(release.sha))
    return lifecycle.create(
        target,
        door,
        kind=Kind.PROMOTE,
        parent=release,
        ref=release.ref,
        sha=release.sha,
        subject=release.subject,
        note=found.away,
    )


def _release(source: Environment, target: Environment) -> Deployment:
    if source.pk == target.pk:
        raise Invalid(f"{source} is both ends of it: a promotion goes to another environment.")
    runs = running.in_(source)
    if runs.is_mixed:
        raise Invalid(f"{source} runs several versions: {_listed(runs)}. {_first(source)}")
    release = runs.whole
    if release is None:
        raise Invalid(f"Nothing runs in {source} yet. {_first(source)}")
    if runs.but:
        line = _line(target, release)
        raise Invalid(
            f"{source} runs {release.sha[:7]}, but {runs.but} (#{release.pk}). {_first(source)} "
            f"To deploy that commit all the same: {line}"
        )
    there = running.in_(target).whole
    if there is not None and there.sha == release.sha:
        line = _line(target, release)
        raise Invalid(f"{target} runs {release.sha[:7]} already. To deploy it anew: {line}")
    return release


def _first(source: Environment) -> str:
    line = lines.deploy(source.application.name, None, source.name)
    return f"Bring one version to all its hosts first: {line}"


def _line(target: Environment, release: Deployment) -> str:
    return lines.deploy(target.application.name, release.sha, target.name)


def _listed(runs: Running) -> str:
    return ", ".join(map(_words, runs.versions))


def _words(version: Version) -> str:
    where = f"{version.hosts} host{'s' if version.hosts != 1 else ''}"
    return f"{version.sha[:7] or 'nothing'} on {where}"
