"""Lines that do something."""

from __future__ import annotations

from dataclasses import replace

from bots import sayings, spoken
from bots.handlers import asking, finding, several, wishes
from bots.language import commands
from bots.messages import Code, Message, Strong
from bots.portraits import portrait
from bots.speaker import Speaker
from deployments import lines
from deployments.exceptions import RepositoryAway
from deployments.models import Deployment, Environment
from deployments.selectors import code, releases, tasks
from deployments.services import lifecycle, pausing
from deployments.services.looking import look


def deploy(command: commands.Deploy, speaker: Speaker) -> Message:
    command = finding.by_repository(speaker, command)
    if command.apps:
        return several.deploy(command, speaker)
    environment = finding.environment(speaker, command.app, command.environment)
    if _asks_where(command, environment) or _has_moved(command, environment, speaker):
        return _ask_where(command, speaker, environment)
    made = lifecycle.request(
        environment, command.ref or "", speaker.door, **wishes.more(command, speaker.sha)
    )
    return asked_for(made, speaker)


def retry(command: commands.Retry, speaker: Speaker) -> Message:
    deployment = finding.deployment(speaker, command.number)
    newer = releases.newer_than(deployment)
    if newer is not None and deployment.status in lifecycle.AGAIN and not speaker.confirmed:
        return _ask_over(speaker, deployment, newer)
    return asked_for(lifecycle.retry(deployment, speaker.door), speaker)


def retry_failed_hosts(command: commands.RetryFailedHosts, speaker: Speaker) -> Message:
    deployment = finding.deployment(speaker, command.number)
    newer = releases.newer_than(deployment)
    if newer is not None and deployment.status in lifecycle.AGAIN and not speaker.confirmed:
        return _ask_over(speaker, deployment, newer, lifecycle.hosts_again(deployment))
    return asked_for(lifecycle.retry(deployment, speaker.door, failed_hosts=True), speaker)


def go_on(command: commands.GoOn, speaker: Speaker) -> Message:
    deployment = finding.deployment(speaker, command.number)
    pausing.go_on(deployment, speaker.person, speaker.door.via)
    deployment.refresh_from_db()
    return sayings.acknowledgement(portrait(deployment, speaker.base))


def cancel(command: commands.Cancel, speaker: Speaker) -> Message:
    deployment = finding.deployment(speaker, command.number)
    environment = deployment.environment
    if environment.production and not deployment.is_finished and not speaker.confirmed:
        lifecycle.require_cancel(deployment, speaker.person)
        line = lines.cancel(deployment.pk)
        said = f"This stops #{deployment.pk} on all its hosts, wherever it is."
        return asking.ask(speaker, environment, line, said, label=f"Cancel #{deployment.pk}")
    if not _was_cancelled_by(speaker, deployment):
        lifecycle.cancel(deployment, speaker.door)
        deployment.refresh_from_db()
    return sayings.acknowledgement(portrait(deployment, speaker.base))


def _was_cancelled_by(speaker: Speaker, deployment: Deployment) -> bool:
    """Return whether the same line did it before: its worker may have died over the answer."""
    return deployment.changes.filter(new="cancelled", person=speaker.person).exists()


# ---- Questions ----


def _asks_where(command: commands.Deploy, environment: Environment) -> bool:
    """Without a place said, production is never taken for granted."""
    return command.environment is None and finding.is_to_be_named(environment)


def _has_moved(command: commands.Deploy, environment: Environment, speaker: Speaker) -> bool:
    """Return whether a yes was about another commit than the ref means now."""
    if not speaker.sha:
        return False
    ref = command.ref or ""
    if command.task != "deploy":
        return tasks.runs_in(environment, command.hosts, ref).sha != speaker.sha
    return code.resolve(environment.application, ref).sha != speaker.sha


def _ask_where(command: commands.Deploy, speaker: Speaker, environment: Environment) -> Message:
    seen = look(environment, speaker.person, wishes.wish(command))
    found = seen.resolved
    if found is None:  # a yes is about a commit, and which one cannot be told
        raise RepositoryAway(seen.away)
    name = environment.name
    app = environment.application.name
    line = spoken.line(replace(command, app=app, environment=name))
    return asking.ask(
        speaker,
        environment,
        line,
        f"{_verb(command)} {app} ",
        Code(found.ref),
        " @ ",
        Code(found.sha[:7]),
        " to " if command.task == "deploy" else " in ",
        Strong(name),
        "?",
        label=f"Deploy to {name}" if command.task == "deploy" else f"Run in {name}",
        sha=found.sha,
    )


def _verb(command: commands.Deploy) -> str:
    return "Deploy" if command.task == "deploy" else f"Run {command.task} of"


def _ask_over(
    speaker: Speaker,
    deployment: Deployment,
    newer: Deployment,
    hosts: list[str] | None = None,
) -> Message:
    """Ask before something newer is gone back from; on these hosts only, if any are named."""
    environment = deployment.environment
    lifecycle.refuse_retry(deployment, speaker.person, hosts)
    line = lines.retry if hosts is None else lines.retry_failed_hosts
    return asking.ask(
        speaker,
        environment,
        line(deployment.pk),
        f"{environment} runs #{newer.pk} since; this would go back to ",
        Code(deployment.sha[:7]),
        f" on {', '.join(hosts)}" if hosts else "",
        ".",
        label=f"Retry #{deployment.pk}",
    )


# ---- Answers ----


def asked_for(deployment: Deployment, speaker: Speaker) -> Message:
    """Answer that a new deployment is on its way; in a thread, that it has its own."""
    deployment.refresh_from_db()
    view = portrait(deployment, speaker.base)
    return sayings.elsewhere(view) if speaker.deployment else sayings.acknowledgement(view)
