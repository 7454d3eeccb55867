"""What ran, what runs, and where one can go back to."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

from django.db.models import Q, QuerySet

from deployments import providers
from deployments.models import Deployment, Environment


def before_current(environment: Environment) -> Deployment | None:
    """Return the newest release of another commit that succeeded before the one that runs now.

    Hosts may run a newer one that failed behind the switch; before that came what is current.
    """
    current = environment.current
    if current is None:
        return None
    running = on_hosts(environment)
    if running is not None and running.pk > current.pk and running.sha != current.sha:
        return origin(current)
    earlier = succeeded(environment).filter(pk__lt=origin(current).pk)
    return earlier.exclude(sha=current.sha).first()


def on_hosts(environment: Environment) -> Deployment | None:
    """Return the newest deployment that any of its hosts runs, whether or not it succeeded."""
    placed = environment.placements.filter(current__isnull=False).select_related("current")
    newest = placed.order_by("-current_id").first()
    return newest.current if newest is not None else None


def newest(environment: Environment) -> Deployment | None:
    """Return the newest deployment that any of its hosts runs or that succeeded on all."""
    known = [one for one in (on_hosts(environment), environment.current) if one is not None]
    return max(known, key=lambda one: one.pk, default=None)


def ran_until(environment: Environment, release: Deployment) -> datetime | None:
    """Return when what came after the release began."""
    current = environment.current
    is_current = current is not None and origin(current) == release
    after = on_hosts(environment) if is_current else current
    return after.started_at if after else None


def replaced_at(environment: Environment, release: Deployment) -> datetime | None:
    """Return when the next release there began, or None where none came after it."""
    after = succeeded(environment).filter(pk__gt=release.pk).exclude(sha=release.sha).last()
    return after.started_at if after else None


def origin(deployment: Deployment) -> Deployment:
    """Return the deployment that made the release: a rollback's is the one it returned to."""
    while deployment.kind == Deployment.Kind.ROLLBACK and deployment.parent is not None:
        deployment = deployment.parent
    return deployment


def succeeded(environment: Environment) -> QuerySet[Deployment]:
    """Return the deployments that made a whole release there, newest first."""
    return (
        Deployment.objects.filter(environment=environment, status="success", task="deploy")
        .exclude(kind=Deployment.Kind.ROLLBACK)
        .filter(Q(hosts=[]) | Q(completed=True))
        .select_related("person", "environment__application")
        .order_by("-pk")
    )


def is_kept(release: Deployment, hosts: Iterable[str]) -> bool:
    """Return whether the hosts have the release still: each got it, and none was to remove it."""
    got = {host["name"] for host in release.settings.get("hosts", [])}
    since = Deployment.objects.filter(environment=release.environment_id, pk__gt=release.pk)
    released = since.filter(task="deploy").exclude(settings={})
    said = released.values_list("settings__returns", "settings__keep")
    return got.issuperset(hosts) and all(
        returns or release.release_name in keep for returns, keep in said
    )


def lies_there(release: Deployment, path: str, hosts: Collection[str]) -> bool:
    """Return whether the hosts have the release still, where they would look for it.

    A program that deployed it told nobody whether it keeps any.
    """
    today = release.environment.application.provider
    if providers.provider(today).runs_here or release.settings.get("provider", today) != today:
        return False
    folder = release.settings.get("settings", {}).get("path", "")
    return folder == path and is_kept(release, hosts)


def newer_than(deployment: Deployment) -> Deployment | None:
    """Return the newer deployment that runs in its environment, if one does on any host."""
    running = newest(deployment.environment)
    return running if running is not None and running.pk > deployment.pk else None
