"""Tasks: commands of an app that run in the release that is there. They release nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from django.db.models import Q, QuerySet

from deployments import lines, parameters, providers
from deployments.blockers import chosen
from deployments.exceptions import DeploymentError, RepositoryAway
from deployments.forges.contract import Resolved
from deployments.models import Deployment, Environment, Placement, Secret
from deployments.providers.contract import RELEASE
from deployments.selectors import code, releases

# Heaven's tasks that deploy nothing: they lock a place.
LOCK, UNLOCK = LOCKS = ("deploy:lock", "deploy:unlock")


def unfit(environment: Environment, task: str, given: Mapping[str, str]) -> Iterator[str]:
    """Give each reason why the app does not take this task, or these parameters."""
    settings = environment.effective_settings
    tasks = settings.get("tasks", {})
    if task not in (RELEASE, *tasks):
        known = ", ".join(sorted(tasks)) or "none"
        yield f"{environment.application} has no task “{task}”; it has: {known}."
        yield from _lock(environment, task)
    yield from parameters.refusals(settings.get("parameters", {}), given, environment.application)
    secrets = set(_secrets(environment)) if given else set()
    for name in sorted(secrets.intersection(given)):
        yield f"{name} is a secret of {environment}; a parameter cannot take its place."


def _lock(environment: Environment, task: str) -> Iterator[str]:
    """Say how a place is locked, to whom it is a task of Heaven's."""
    word = task.removeprefix("deploy:").rstrip("!")
    if word in ("lock", "unlock"):
        line = (lines.lock if word == "lock" else lines.unlock)(
            environment.application.name, environment.name
        )
        yield f"To {word} a place is no deployment: say “{line}”."


def called(environment: Environment, task: str) -> str:
    """Return the app's task: GitHub's `deploy:migrations` may be called migrations here."""
    known = environment.effective_settings.get("tasks", {})
    bare = task.removeprefix("deploy:")
    return bare if task not in known and bare in known else task


def _secrets(environment: Environment) -> QuerySet[Secret, str]:
    here = Q(environment=environment) | Q(application=environment.application_id)
    return Secret.objects.filter(here).values_list("name", flat=True)


def spelled(environment: Environment, given: Mapping[str, str]) -> dict[str, str]:
    """Return the parameters under the names that the app declares."""
    return parameters.spelled(environment.effective_settings.get("parameters", {}), given)


def runs_in(environment: Environment, hosts: Sequence[str], ref: str = "") -> Resolved:
    """Return the commit that a task runs in; a ref that means another one is refused.

    Where tasks run on the worker's machine, any commit is at hand: what runs, if none is named.
    """
    if providers.provider(environment.application.provider).runs_here:
        return code.resolve(environment.application, ref or _current(environment))
    runs = release(environment, placed(environment, hosts))
    if ref and _meant(environment, ref) != runs.sha:
        first = lines.deploy(environment.application.name, ref, environment.name)
        text = f"A task runs in the release that is there, {runs.sha[:7]}, and {ref} is another."
        raise DeploymentError(f"{text} To bring that one there: {first}")
    return Resolved(runs.sha, runs.ref, "commit")


def _current(environment: Environment) -> str:
    return environment.current.sha if environment.current else ""


def _meant(environment: Environment, ref: str) -> str:
    """Return the commit; nothing waits for a repository just to hear that it runs already."""
    try:
        return code.resolve(environment.application, ref).sha
    except RepositoryAway as error:
        text = f"{error} Whether {ref} is what runs cannot be told. Leave it out to run there."
        raise DeploymentError(text) from error


def refusals(environment: Environment, hosts: Sequence[str], sha: str) -> list[str]:
    """Return why a task for this commit cannot run there any more."""
    if providers.provider(environment.application.provider).runs_here:
        return []
    try:
        release(environment, placed(environment, hosts), sha)
    except DeploymentError as error:
        return [str(error)]
    return []


def placed(environment: Environment, hosts: Sequence[str]) -> list[Placement]:
    """Return where a task for these hosts and roles runs."""
    placements = environment.placements.select_related("host", "current").order_by("host__name")
    return chosen(list(placements), list(hosts))


def release(environment: Environment, placements: list[Placement], sha: str = "") -> Deployment:
    """Return the deployment whose release runs on all of these hosts; the task runs in it.

    Raises DeploymentError where hosts differ, none runs anything, or another commit than `sha`.
    """
    current = {placement.current_id: placement.current for placement in placements}
    found = {releases.origin(one) if one else None for one in current.values()}
    runs = next(iter(found), None)
    if len(found) > 1:
        back = lines.deploy(environment.application.name, None, environment.name)
        text = f"The hosts of {environment} do not all run the same release, so a task has no one"
        raise DeploymentError(f"{text} to run in. Bring them together first: {back}", code="mixed")
    if runs is None:
        first = lines.deploy(environment.application.name, None, environment.name)
        text = f"Nothing runs in {environment} yet, so a task has no release to run in. First:"
        raise DeploymentError(f"{text} {first}", code="settings")
    if sha not in ("", runs.sha):
        text = f"{environment} runs {runs.sha[:7]} now, no longer {sha[:7]}. Nothing was run."
        raise DeploymentError(text, code="settings")
    return runs
