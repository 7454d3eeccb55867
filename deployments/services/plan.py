"""What a deployment does, frozen when it is claimed: commands, hosts, release, marks of secrets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from deployments import providers, rollouts
from deployments.blockers import chosen
from deployments.exceptions import DeploymentError
from deployments.models import Deployment, Environment, PhaseRun, Placement
from deployments.providers.contract import RELEASE, Back, Context, HostSpec, Phase
from deployments.runner.hosts import Target
from deployments.selectors import releases, secrets, tasks
from deployments.services import machines, workplaces

Kind = Deployment.Kind


def freeze(deployment: Deployment) -> dict[str, Any]:
    """Return the effective settings of today; a rollback takes those of what it returns to."""
    environment = deployment.environment
    target = deployment.parent if deployment.kind == Kind.ROLLBACK else None
    provider = providers.provider(environment.application.provider)
    settings = environment.effective_settings
    if target is not None and target.settings.get("provider") == environment.application.provider:
        where = {name: settings.get(name, provider.defaults[name]) for name in provider.where}
        settings = {**target.settings["settings"], **where}
    placements = list(environment.placements.select_related("host").order_by("host__name"))
    hosts = chosen(placements, deployment.hosts)
    if not hosts and (deployment.hosts or not provider.runs_here):
        raise DeploymentError(f"{environment} has no such hosts any more.", code="settings")
    release = _release(deployment, target, hosts)
    path, names = settings.get("path", ""), [placement.host.name for placement in hosts]
    return {
        "provider": environment.application.provider,
        "settings": settings,
        "hosts": [_host(placement) for placement in hosts],
        "rollout": _rollout(deployment, names, settings),
        "release": release.release_name,
        "returns": target is not None and releases.lies_there(release, path, names),
        "back": _back(environment, target, deployment.pk),
        "parameters": deployment.parameters,
        "keep": _keep(release, int(settings.get("keep") or 5)),
        "secrets": secrets.marks(environment),
        "key": environment.ssh_key.fingerprint if hasattr(environment, "ssh_key") else "",
        "machine": machines.frozen() if provider.runs_here else {},
    }


def _rollout(
    deployment: Deployment, hosts: list[str], settings: Mapping[str, Any]
) -> dict[str, Any]:
    if deployment.is_task or deployment.kind == Kind.ROLLBACK:
        return rollouts.at_once(hosts)
    return rollouts.freeze(hosts, settings)


def _release(
    deployment: Deployment, target: Deployment | None, placements: list[Placement]
) -> Deployment:
    """Return the deployment whose release this is about: its own, a former one, what runs."""
    if deployment.task == RELEASE:
        return releases.origin(target) if target else deployment
    if providers.provider(deployment.environment.application.provider).runs_here:
        return deployment  # it lies in no release
    return tasks.release(deployment.environment, placements, deployment.sha)


def _back(environment: Environment, target: Deployment | None, own: int) -> Back:
    """Say how far back it goes; after one that failed nobody knows where a tool goes back from."""
    if target is None:
        return ""
    ended = environment.deployments.filter(task=RELEASE, started_at__isnull=False).exclude(pk=own)
    is_next = target == releases.before_current(environment)
    return "one" if is_next and ended.latest("pk") == environment.current else "further"


def _keep(release: Deployment, keep: int) -> list[str]:
    """Name the releases that stay on the hosts: this one, those before it, and what runs now."""
    environment = release.environment
    before = releases.succeeded(environment).exclude(pk=release.pk)
    kept = [release, *before[: keep - 1]]
    if environment.current is not None:
        kept.append(releases.origin(environment.current))
    return list(dict.fromkeys(made.release_name for made in kept))


def context(deployment: Deployment) -> Context:
    """Return what a provider is told; made of frozen things only."""
    frozen = deployment.settings
    return Context(
        number=deployment.pk,
        application=deployment.environment.application.name,
        environment=deployment.environment.name,
        task=deployment.task,
        ref=deployment.ref,
        sha=deployment.sha,
        who=str(deployment.person),
        hosts=tuple(
            HostSpec(host["name"], host["address"], tuple(host["roles"]))
            for host in frozen["hosts"]
        ),
        settings=frozen["settings"],
        release=frozen["release"],
        returns=frozen["returns"],
        back=frozen.get("back", ""),
        keep=tuple(frozen["keep"]),
        secrets=tuple(frozen["secrets"]),
        parameters=frozen["parameters"],
        previous_sha=deployment.previous.sha if deployment.previous else "",
        work=str(workplaces.of(deployment)),
        cache=str(workplaces.cache_of(deployment.environment)),
    )


def phases(deployment: Deployment) -> list[Phase]:
    return providers.provider(deployment.settings["provider"]).phases(context(deployment))


def runs_here(deployment: Deployment) -> bool:
    """Return whether its phases run on a worker's machine."""
    return providers.provider(deployment.settings["provider"]).runs_here


def targets(deployment: Deployment) -> list[Target]:
    """Return its hosts, as they are signed in to."""
    private = workplaces.key_of(deployment)
    return [
        Target(
            name=host["name"],
            address=host["address"],
            port=host["port"],
            user=host["user"],
            private_key=private,
            host_keys=tuple(host["host_keys"]),
        )
        for host in deployment.settings["hosts"]
    ]


def lay_out(deployment: Deployment, planned: list[Phase]) -> None:
    """Write a row for each phase on each host, before any host hears of it. Twice is harmless."""
    rollout = rollouts.of(deployment.settings)
    PhaseRun.objects.bulk_create(
        [
            PhaseRun(
                deployment=deployment,
                phase=phase.name,
                host=host,
                position=position,
                batch=rollout.batch_of(host) if phase.by_batch else 0,
                optional=phase.optional,
            )
            for position, phase in enumerate(planned)
            for host in phase.scripts
        ],
        ignore_conflicts=True,
    )


def _host(placement: Placement) -> dict[str, Any]:
    host = placement.host
    return {
        "name": host.name,
        "address": host.address,
        "port": host.port,
        "user": host.user,
        "host_keys": host.host_keys.splitlines(),
        "roles": placement.roles,
    }
