"""The line that goes back to a release that ran before."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone

from bots import sayings
from bots.handlers import asking, finding
from bots.handlers.acting import asked_for
from bots.language import commands
from bots.messages import Code, Message, Part, Strong, Time
from bots.portraits import versions_of
from bots.speaker import Speaker
from deployments import lines
from deployments.models import Deployment, Environment
from deployments.selectors import compare, lookup, releases, running
from deployments.selectors.running import Running
from deployments.services import lifecycle
from deployments.templatetags.shipmate import relative

NAMED = 3  # files in a warning


def rollback(command: commands.Rollback, speaker: Speaker) -> Message:
    """Go back; first ask in production, and wherever the database has changed on the way."""
    environment = finding.environment(speaker, _named(command, speaker), command.environment)
    target = _target(command, speaker, environment)
    if target is None or speaker.confirmed or lifecycle.find_by_key(speaker.door):
        return asked_for(lifecycle.rollback(environment, speaker.door, to=target), speaker)
    lifecycle.require_release(environment, target)
    runs = running.in_(environment)
    warning = _warning(environment, target, runs)
    if environment.production or warning:
        return _ask(speaker, environment, target, (*_runs(runs), *warning))
    return asked_for(lifecycle.rollback(environment, speaker.door, to=target), speaker)


def _ask(
    speaker: Speaker, environment: Environment, target: Deployment, more: tuple[str | Part, ...]
) -> Message:
    lifecycle.refuse_rollback(environment, target, speaker.person)
    app = environment.application.name
    return asking.ask(
        speaker,
        environment,
        lines.rollback(app, environment.name, target.pk),
        "This returns ",
        Strong(str(environment)),
        " to ",
        Code(target.sha[:7]),
        f" “{target.subject}”" if target.subject else "",
        f", which #{target.pk} by {target.person} brought",
        *_ran(environment, target),
        *more,
        label=f"Roll back {environment.name}",
    )


def _named(command: commands.Rollback, speaker: Speaker) -> str | None:
    """Return the app; outside of a thread nothing goes back that was not named at all."""
    if command.app or command.environment or speaker.deployment:
        return command.app
    seen = lookup.applications_for(speaker.person)[:3]
    raise finding.Unknown("Which app?", "app", [app.name for app in seen])


def _target(
    command: commands.Rollback, speaker: Speaker, environment: Environment
) -> Deployment | None:
    if command.to is not None:
        return finding.deployment(speaker, command.to)
    return releases.before_current(environment)


def _ran(environment: Environment, target: Deployment) -> tuple[str | Part, ...]:
    """Say from when to when it ran fine."""
    since, until = target.finished_at, releases.replaced_at(environment, target)
    if since is None or until is None:
        return (". ",)
    return (". It ran fine from ", _time(since), " until ", _time(until), ". ")


def _time(moment: datetime) -> Time:
    return Time(relative(moment, timezone.now()), moment.isoformat())


def _runs(runs: Running) -> tuple[str | Part, ...]:
    if runs.is_mixed:
        return ("Now it is ", *sayings.mixed(versions_of(runs)), ".")
    whole = runs.whole
    return (f"Now it runs {whole.sha[:7]} (#{whole.pk}).",) if whole else ("Now it runs nothing.",)


def _warning(environment: Environment, target: Deployment, runs: Running) -> tuple[str | Part, ...]:
    """Warn of changes to the database since: going back does not undo them."""
    found = [
        path
        for sha in runs.shas
        for path in compare.migrations(environment.application, target.sha, sha)
    ]
    paths = list(dict.fromkeys(found))
    if not paths:
        return ()
    more = f" and {len(paths) - NAMED} more" if len(paths) > NAMED else ""
    named = ", ".join(paths[:NAMED])
    return (" Migrations came since, and going back does not undo them: ", Code(named), f"{more}.")
