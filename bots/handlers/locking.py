"""The lines about locks."""

from __future__ import annotations

from bots import sayings
from bots.handlers import finding
from bots.language import commands
from bots.messages import Button, Line, Message, Parts, Strong, Table, Time, link, phrase
from bots.speaker import Speaker
from deployments.exceptions import Invalid
from deployments.models import Deployment, Environment, Lock
from deployments.selectors import locks as reading
from deployments.selectors import lookup
from deployments.services import locks

MOST = 50


def lock(command: commands.Lock, speaker: Speaker) -> Message:
    environment = _environment(command, speaker)
    taken = locks.take(environment, speaker.door, seconds=command.seconds, reason=command.reason)
    if taken.released_at is not None:  # the same line came before, and it was opened since
        return sayings.note(f"{taken.person} locked {environment}; it is open again.")
    because = f", because {taken.reason.rstrip('.')}" if taken.reason else ""
    said = (Strong(str(taken.person)), " locked ", Strong(str(environment)))
    return Message(
        state="success",
        parts=phrase(*said, f" {reading.end(taken, speaker.person)}{because}."),
        items=_unfinished(environment),
        buttons=(Button("Unlock", reading.unlock_line(taken)),),
        url=_url(environment, speaker),
    )


def unlock(command: commands.Unlock, speaker: Speaker) -> Message:
    environment = _environment(command, speaker)
    try:
        opened = locks.release(environment, speaker.door)
    except Invalid as error:
        others = _others(environment, speaker)
        asks = " Nothing was done. Locked is:" if others else " Nothing was done."
        return sayings.sorry(f"{error}{asks}", suggestions=others)
    was = f", which {opened.person} had locked" if opened.person != speaker.person else ""
    return Message(
        state="success",
        parts=phrase(
            Strong(str(speaker.person)), " unlocked ", Strong(str(environment)), f"{was}."
        ),
        url=_url(environment, speaker),
    )


def locks_(command: commands.Locks, speaker: Speaker) -> Message:
    """Answer what is locked, wherever this person may look."""
    found = list(reading.locks_for(speaker.person)[: MOST + 1])
    speaker.about.update(lock.environment.application_id for lock in found)
    url = speaker.base + "/"
    if not found:
        line = Line("lock APP in ENV for 2h because REASON")
        return sayings.note("Nothing is locked. To lock something: ", line, url=url)
    rows = tuple(_row(lock, speaker) for lock in found[:MOST])
    said = f"Locked, the first {MOST}:" if len(found) > MOST else "Locked:"
    columns = ("Where", "By", "Since", "Until", "Why")
    return Message(parts=phrase(said), table=Table(columns, rows), url=url)


def _environment(command: commands.Lock | commands.Unlock, speaker: Speaker) -> Environment:
    """Return the environment; outside of a thread nothing is locked that was not named at all."""
    if not (command.app or command.environment or speaker.deployment):
        seen = lookup.applications_for(speaker.person)[:3]
        raise finding.Unknown("Which app?", "app", [app.name for app in seen])
    return finding.environment(speaker, command.app, command.environment)


def _others(environment: Environment, speaker: Speaker) -> list[str]:
    """Return the lines that open what is locked of the same app, if the person may."""
    found = reading.locks_for(speaker.person).filter(
        environment__application=environment.application_id
    )
    return [reading.unlock_line(lock) for lock in found if reading.may_unlock(lock, speaker.person)]


def _unfinished(environment: Environment) -> tuple[Parts, ...]:
    """Say what a lock does to the deployments there that have not ended."""
    runs = Deployment.objects.filter(environment=environment, status="in_progress")
    going = [f"#{one.pk} by {one.person} runs, and goes on" for one in runs]
    kept = reading.kept_out(environment)
    waits = [f"#{one.pk} by {one.person} waits until it is unlocked" for one in kept]
    return tuple(phrase(text) for text in (*going, *waits))


def _row(lock: Lock, speaker: Speaker) -> tuple[Parts, ...]:
    environment = lock.environment
    return (
        phrase(link(str(environment), _url(environment, speaker))),
        phrase(str(lock.person)),
        phrase(Time(reading.since(lock), lock.since.isoformat())),
        phrase(reading.end(lock, speaker.person).removeprefix("until ")),
        phrase(lock.reason),
    )


def _url(environment: Environment, speaker: Speaker) -> str:
    return f"{speaker.base}{environment.get_absolute_url()}#lock"
