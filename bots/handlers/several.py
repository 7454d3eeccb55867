"""One line for several apps: one deployment each, one answer; all are asked for, or none."""

from __future__ import annotations

from dataclasses import replace

from bots import sayings
from bots.handlers import finding, wishes
from bots.language import commands
from bots.messages import Message
from bots.portraits import portrait
from bots.sayings import Reason
from bots.speaker import Speaker
from deployments.exceptions import DeploymentError, Refused
from deployments.models import Deployment, Environment
from deployments.services import lifecycle
from deployments.services.looking import look


def deploy(command: commands.Deploy, speaker: Speaker) -> Message:
    """Look at every app first: a reason against one of them is a reason against the line."""
    places = {name: _place(command, speaker, name) for name in dict.fromkeys(command.apps)}
    known = {name: lifecycle.find_by_key(_door(speaker, name)) for name in places}
    wrong = [
        reason
        for name, place in places.items()
        if known[name] is None
        for reason in _against(command, speaker, place)
    ]
    if wrong:
        return sayings.refusal("None of them was deployed", wrong)
    made = [known[name] or _ask(command, speaker, name, place) for name, place in places.items()]
    return sayings.asked_for([portrait(one, speaker.base) for one in map(_now, made)])


def _place(command: commands.Deploy, speaker: Speaker, app: str) -> Environment:
    place = finding.environment(speaker, app, command.environment)
    if command.environment is None and finding.is_to_be_named(place):
        text = "Where? Several apps are deployed to a place that the line names."
        raise finding.Unknown(text, "environment", [place.name])
    return place


def _against(command: commands.Deploy, speaker: Speaker, place: Environment) -> list[Reason]:
    try:
        look(place, speaker.person, wishes.wish(command))
    except Refused as error:
        return [Reason(f"{place.application}: {reason}") for reason in error.reasons]
    except DeploymentError as error:
        return [Reason(f"{place.application}: {error}")]
    return []


def _ask(command: commands.Deploy, speaker: Speaker, name: str, place: Environment) -> Deployment:
    door = _door(speaker, name)
    return lifecycle.request(place, command.ref or "", door, **wishes.more(command))


def _door(speaker: Speaker, name: str) -> lifecycle.Door:
    """Return a door whose key is one app's own: the same line said again makes none again."""
    return replace(speaker.door, key=f"{speaker.key}:{name}" if speaker.key else "")


def _now(deployment: Deployment) -> Deployment:
    deployment.refresh_from_db()
    return deployment
