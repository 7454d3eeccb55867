"""Lines that ask why: what keeps a deployment from beginning, and which checks have not passed."""

from __future__ import annotations

from django.utils import timezone

from bots import answers, sayings
from bots.handlers import finding
from bots.language import commands
from bots.messages import Message
from bots.portraits import portrait
from bots.sayings import Reason
from bots.speaker import Speaker
from deployments.blockers import blockers
from deployments.models import Deployment, Environment
from deployments.models.deployment import UNFINISHED
from deployments.selectors import checks, code, locks, waiting
from deployments.services import workers
from deployments.templatetags.shipmate import relative


def why(command: commands.Why, speaker: Speaker) -> Message:
    """Answer what blocks a deployment there now; in a thread, how its own came to where it is."""
    thread = _thread(command, speaker)
    if thread is not None and not thread.is_finished:
        return sayings.how_it_stands(portrait(thread, speaker.base), _waits(thread, speaker))
    environment = finding.environment(speaker, command.app, command.environment)
    url = speaker.base + environment.get_absolute_url()
    reasons = _reasons(environment, _sha(thread, environment), speaker)
    blocked = sayings.blocked(environment.application.name, environment.name, reasons, url)
    if thread is None or thread.status == Deployment.Status.SUCCESS:
        return blocked
    return sayings.after_its_end(portrait(thread, speaker.base), blocked)


def which_checks_failed(command: commands.WhichChecksFailed, speaker: Speaker) -> Message:
    """Answer for the thread's commit, else for the one that a deployment would bring there."""
    environment = finding.environment(speaker, command.app, command.environment)
    sha = _sha(_thread(command, speaker), environment)
    found = checks.verdict(environment, sha)
    url = speaker.base + environment.get_absolute_url()
    amiss, heard = found.amiss, _heard(environment, sha)
    return answers.checks(environment.application.name, sha, found.of, amiss, url, heard=heard)


def _thread(
    command: commands.Why | commands.WhichChecksFailed, speaker: Speaker
) -> Deployment | None:
    """Return the deployment that needs no naming here."""
    return speaker.deployment if command.app is None and command.environment is None else None


def _sha(thread: Deployment | None, environment: Environment) -> str:
    return thread.sha if thread else code.head(environment.application)


def _reasons(environment: Environment, sha: str, speaker: Speaker) -> list[Reason]:
    return [
        Reason(blocker.text, blocker.clears, speaker.base + blocker.url if blocker.url else "")
        for blocker in blockers(environment, speaker.person, sha=sha)
    ]


def _waits(deployment: Deployment, speaker: Speaker) -> Reason | None:
    """Return what it waits for, and who or what clears that."""
    unfinished = deployment.environment.deployments.filter(status__in=UNFINISHED)
    found = waiting.reasons(
        list(unfinished.select_related("person", "environment")),
        locks.of([deployment.environment]),
        workers.alive("deploy"),
        speaker.person,
    ).get(deployment.pk)
    if found is None:
        return None
    url = speaker.base + found.url if found.url else ""
    is_gated = found.code == Deployment.Wait.CHECKS
    heard = _heard(deployment.environment, deployment.sha) if is_gated else ""
    return Reason(f"It waits: {found.text.rstrip('.')}.", f"{found.clears} {heard}".strip(), url)


def _heard(environment: Environment, sha: str) -> str:
    """Say how fresh what is known of the commit's checks is."""
    known = checks.heard(environment.application.repository, sha)
    if known.at is None:
        return known.trouble
    ago = relative(known.at, timezone.now())
    said = f"{known.text[0].upper()}{known.text[1:]} {ago}."
    return f"{known.trouble} {said}".strip()
