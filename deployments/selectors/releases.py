"""What ran, what runs, and where one can go back to."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import QuerySet

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
        .filter(hosts=[])
        .select_related("person", "environment__application")
        .order_by("-pk")
    )


def is_kept(release: Deployment, hosts: Iterable[str]) -> bool:
    """Return whether the hosts have the release still: each got it, and none was to remove it."""
    got = {host["name"] for host in release.settings.get("hosts", [])}
    since = Deployment.objects.filter(environment=release.environment_id, pk__gt=release.pk)
    said = since.exclude(settings={}).values_list("settings__returns", "settings__keep")
    return got.issuperset(hosts) and all(
        returns or release.release_name in keep for returns, keep in said
    )


def newer_than(deployment: Deployment) -> Deployment | None:
    """Return the newer deployment that runs in its environment, if one does."""
    current = deployment.environment.current
    return current if current is not None and current.pk > deployment.pk else None
