"""One environment: what runs on which host, what waits to go out, what would happen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from deployments import providers, rollouts
from deployments.blockers import chosen
from deployments.exceptions import DeploymentError, RepositoryAway
from deployments.forges.contract import Commit, Comparison, Ref, Refs, Resolved, TreeNotes
from deployments.models import Application, Deployment, Environment, Placement
from deployments.providers.contract import RELEASE, Context, HostSpec
from deployments.selectors import code, commits, merges, progress, tasks
from deployments.selectors import running as runs
from deployments.selectors.history import lately
from deployments.selectors.merges import Coming
from deployments.selectors.progress import Usual
from deployments.selectors.running import Running

SPARED = timedelta(seconds=30)


@dataclass(frozen=True)
class HostNow:
    """What one host runs, beside what the environment should run."""

    placement: Placement
    sha: str
    agrees: bool


@dataclass(frozen=True)
class Waiting:
    """The commits that the default branch has over what runs."""

    refs: Refs | None
    comparison: Comparison | None = None
    trouble: str = ""  # why it is not known, or not known as of now
    seen_at: datetime | None = None  # when the repository was last heard, if that is not now

    @property
    def newest(self) -> Commit | None:
        """Return the commit of the default branch, where it is not what runs."""
        return next(iter(self.comparison.commits), None) if self.comparison else None

    @property
    def head(self) -> Ref | None:
        """Return the default branch."""
        if self.refs is None:
            return None
        return next((ref for ref in self.refs.branches if ref.name == self.refs.default), None)


@dataclass(frozen=True)
class Step:
    """One phase of what would happen: its commands and its hosts."""

    name: str
    commands: list[str]
    hosts: list[str]


@dataclass(frozen=True)
class Review:
    """What a deployment would do, before anybody asks for it."""

    resolved: Resolved
    comparison: Comparison | None  # none: nothing runs there yet
    notes: TreeNotes
    steps: list[Step]
    hosts: list[str]
    usual: Usual
    migrations: tuple[str, ...] = ()  # files by which the database changes
    merge: Coming | None = None  # what is merged into it first
    order: str = ""  # in which the hosts come, in words; empty: all at once

    @property
    def is_same(self) -> bool:
        return self.comparison is not None and self.comparison.base == self.resolved.sha


def placements_of(environment: Environment) -> list[Placement]:
    return list(environment.placements.select_related("host", "current").order_by("host__name"))


def hosts_now(
    environment: Environment, running: Running, placements: Sequence[Placement]
) -> list[HostNow]:
    """Return what each host runs, as it says itself where it was heard to say something else.
    Where they differ, what last succeeded on all is expected.
    """
    expects = running.whole or environment.current
    expected = expects.sha if expects else ""
    return [
        HostNow(placement, sha, agrees=sha == expected)
        for placement in placements
        for sha in [_runs(placement)]
    ]


def _runs(placement: Placement) -> str:
    if placement.is_odd or placement.current is None:
        return placement.says
    return placement.current.sha


def recent(environment: Environment) -> list[Deployment]:
    return lately(Deployment.objects.filter(environment=environment))


def waiting(environment: Environment, running: Running) -> Waiting:
    """Ask the forge what is not out yet; a silent forge is told from what was last seen."""
    app = environment.application
    try:
        _spare(app)
        found = Waiting(code.refs(app))
    except RepositoryAway as error:
        found = _last_seen(environment, str(error))
    except DeploymentError as error:
        return Waiting(None, trouble=str(error))
    if found.head is None:
        return found
    try:
        comparison = runs.compared(app, running, found.head.sha)
    except DeploymentError as error:
        return Waiting(found.refs, None, found.trouble or str(error), found.seen_at)
    return Waiting(found.refs, comparison, found.trouble, found.seen_at)


def _spare(application: Application) -> None:
    """Do not let a page wait for a repository that was away a moment ago."""
    known = code.away(application)
    if known is not None and timezone.now() - known.at < SPARED:
        raise RepositoryAway(known.text)


def _last_seen(environment: Environment, trouble: str) -> Waiting:
    try:
        refs = code.refs(environment.application, fresh=False)
    except DeploymentError:
        return Waiting(None, trouble=trouble)
    return Waiting(refs, trouble=trouble, seen_at=refs.seen_at)


def review(
    environment: Environment,
    running: Running,
    ref: str,
    hosts: Sequence[str] = (),
    task: str = RELEASE,
) -> Review:
    """Return what deploying the ref would do. Raises what the forge says against it."""
    app = environment.application
    if task == RELEASE and not code.has(app, ref.lower()):
        _spare(app)
    is_release = task == RELEASE
    resolved = code.resolve(app, ref) if is_release else tasks.runs_in(environment, hosts, ref)
    comparison = runs.compared(app, running, resolved.sha) if is_release else None
    placed = chosen(placements_of(environment), list(hosts))
    names = [placement.host.name for placement in placed]
    steps = _steps(environment, resolved, placed, task, running)
    return Review(
        resolved,
        comparison,
        code.notes(app, resolved.sha) if is_release else TreeNotes(),
        steps,
        names,
        progress.usual(environment, task),
        _migrations(app, comparison),
        merges.coming(app, resolved) if is_release else None,
        _order(environment, names) if steps and is_release else "",
    )


def _order(environment: Environment, hosts: list[str]) -> str:
    decided = rollouts.freeze(hosts, environment.effective_settings)
    return rollouts.words(rollouts.of({"rollout": decided}))


def _migrations(application: Application, comparison: Comparison | None) -> tuple[str, ...]:
    found = commits.size(application, comparison)
    return tuple(commits.migrations(found)) if found else ()


def _steps(
    environment: Environment,
    resolved: Resolved,
    placed: list[Placement],
    task: str,
    running: Running,
) -> list[Step]:
    """Return the provider's phases, each with the commands that the settings give it."""
    settings = environment.effective_settings
    provider = providers.provider(environment.application.provider)
    if provider.validate(settings) or provider.obstacles(settings, len(placed), chosen=False):
        return []
    context = Context(
        number=0,
        application=environment.application.name,
        environment=environment.name,
        task=task,
        ref=resolved.ref,
        sha=resolved.sha,
        who="",
        hosts=tuple(HostSpec(p.host.name, p.host.address, tuple(p.roles)) for p in placed),
        settings=settings,
        release="0",
        previous_sha=running.whole.sha if running.whole else "",
    )
    own = settings.get("tasks", {}).get(task, {}).get("commands")
    return [
        Step(
            phase.name,
            _commands(list(phase.shown) or own or settings.get(phase.name), phase.probe),
            list(phase.scripts),
        )
        for phase in provider.phases(context)
    ]


def _commands(lines: object, probe: str) -> list[str]:
    commands = [str(line) for line in lines] if isinstance(lines, list) else []
    return [*commands, f"GET {probe}"] if probe else commands
