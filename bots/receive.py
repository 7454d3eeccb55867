"""The one way in for whatever people type or click: who? parse, handle, answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from bots import bare, meaning, sayings, spoken, tongue
from bots.handlers import HANDLERS, acting, asking
from bots.handlers.finding import Unknown
from bots.language import commands
from bots.messages import Message
from bots.naming import names_for
from bots.sayings import Reason
from bots.speaker import Speaker
from deployments.exceptions import DeploymentError, Refused, UnknownRef
from deployments.selectors import releases
from deployments.services import lifecycle

# What a deployment may come of.
MAKING = (
    commands.Deploy,
    commands.DeployPlan,
    commands.Promote,
    commands.Retry,
    commands.Rollback,
    commands.Yes,
)

# What an account may say that is tied to nobody.
OPEN = (
    commands.Status,
    commands.Deploys,
    commands.Why,
    commands.WhichChecksFailed,
    commands.Diff,
    commands.Log,
    commands.Show,
    commands.Help,
    commands.Version,
    commands.Locks,
    commands.WhereIs,
    commands.DeployStatus,
    commands.Search,
    commands.Link,
    commands.WhoAmI,
    commands.ForgetMe,
    commands.DeployToken,
)


def receive(
    text: str, speaker: Speaker, *, direct: bool = True, bare_lines: bool = True, signs: str = ""
) -> Message | None:
    """Do what a line says and return the answer; None where people talk among themselves.

    `direct`: said to the bot alone (the API, the command line). In a room of the built-in chat
    whole lines need no name either, as long as they can hardly be talk (`bare_lines`). `signs`:
    those that stand for the name in this room.
    """
    parsed = tongue.read(
        text,
        signs=signs,
        addressed=direct,
        in_thread=speaker.deployment is not None,
        asked=partial(asking.waits, speaker),
        known=partial(names_for, speaker.person, speaker.deployment),
    )
    if isinstance(parsed, commands.NotACommand) and not direct:
        if not bare_lines:
            return None
        parsed = bare.meant(text, speaker)
        if isinstance(parsed, commands.NotACommand):
            return None
    return answer(parsed, speaker)


def answer(parsed: commands.Parsed, speaker: Speaker) -> Message:
    """Return what the bot says to a parsed line, whatever becomes of it."""
    match parsed:
        case commands.NotACommand():
            said = "I do not understand this. Nothing was done. Try:"
            return sayings.sorry(said, suggestions=["help"])
        case commands.NearMiss():
            return sayings.near_miss(parsed)
        case commands.TooLong():
            return sayings.too_long(parsed)
        case commands.NotYet():
            return sayings.not_yet(parsed)
        case _:
            return _guarded(parsed, speaker)


def _guarded(command: commands.Command, speaker: Speaker) -> Message:
    if not speaker.is_known and not isinstance(command, OPEN):
        return sayings.stranger()
    names = partial(names_for, speaker.person, speaker.deployment)
    try:
        if isinstance(command, MAKING) and (made := lifecycle.find_by_key(speaker.door)):
            # Said before, and the answer was lost: what was asked then may look different now.
            return acting.asked_for(made, speaker)
        if isinstance(command, commands.Yes):
            return _yes(command, speaker)
        return HANDLERS[type(command)](command, speaker)
    except Refused as error:
        reasons = [Reason(text) for text in error.reasons]
        lines = meaning.of_a_ref(command, names) or list(error.lines)
        return sayings.refusal("Nothing was done", reasons, lines=lines)
    except Unknown as error:
        return _sorry(error, meaning.of_unknown(error, command, names()))
    except UnknownRef as error:
        near = spoken.with_names(command, "ref", [*error.near])
        return _sorry(error, meaning.of_a_ref(command, names) or near)
    except DeploymentError as error:
        return sayings.sorry(str(error))


def _sorry(error: DeploymentError, near: Sequence[str]) -> Message:
    asks = " Did you mean:" if near else ""
    return sayings.sorry(f"{error} Nothing was done.{asks}", suggestions=near)


def _yes(command: commands.Yes, speaker: Speaker) -> Message:
    """Do what was asked, unless what it was about has changed: then ask anew."""
    question = asking.take(speaker, command.code)
    parsed = tongue.read(question.line)
    if _has_moved(question.current_id, parsed, speaker):
        return answer(parsed, speaker)
    return answer(parsed, replace(speaker, confirmed=True, sha=question.sha))


def _has_moved(was: int | None, parsed: commands.Parsed, speaker: Speaker) -> bool:
    environment = asking.environment_of(parsed, speaker)
    if environment is None:
        return False
    runs = releases.newest(environment)
    return (runs.pk if runs else None) != was
