"""The one way in for whatever people type or click: who? parse, handle, answer."""

from __future__ import annotations

from dataclasses import replace

from bots import bare, sayings, spoken
from bots.handlers import HANDLERS, asking
from bots.handlers.finding import Unknown
from bots.language import commands
from bots.language.parser import parse
from bots.messages import Message
from bots.sayings import Reason
from bots.speaker import Speaker
from deployments.exceptions import DeploymentError, Refused


def receive(text: str, speaker: Speaker, *, direct: bool = True) -> Message | None:
    """Do what a line says and return the answer; None where people talk among themselves.

    `direct`: said to the bot alone (the API, the command line). In a room of the built-in chat
    whole lines need no name either, as long as they can hardly be talk.
    """
    parsed = parse(
        text,
        addressed=direct,
        in_thread=speaker.deployment is not None,
        asked=asking.waits(speaker),
    )
    if isinstance(parsed, commands.NotACommand) and not direct:
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
        case commands.NotYet():
            return sayings.not_yet(parsed)
        case _:
            return _guarded(parsed, speaker)


def _guarded(command: commands.Command, speaker: Speaker) -> Message:
    try:
        if isinstance(command, commands.Yes):
            return _yes(command, speaker)
        return HANDLERS[type(command)](command, speaker)
    except Refused as error:
        return sayings.refusal("Nothing was done", [Reason(text) for text in error.reasons])
    except Unknown as error:
        return _unknown(error, command)
    except DeploymentError as error:
        return sayings.sorry(str(error))


def _unknown(error: Unknown, command: commands.Command) -> Message:
    near = spoken.with_names(command, error.part, error.names)
    asks = " Did you mean:" if near else ""
    return sayings.sorry(f"{error} Nothing was done.{asks}", suggestions=near)


def _yes(command: commands.Yes, speaker: Speaker) -> Message:
    """Do what was asked, unless what it was about has changed: then ask anew."""
    question = asking.take(speaker, command.code)
    parsed = parse(question.line, addressed=True)
    if _has_moved(question.current_id, parsed, speaker):
        return answer(parsed, speaker)
    return answer(parsed, replace(speaker, confirmed=True, sha=question.sha))


def _has_moved(was: int | None, parsed: commands.Parsed, speaker: Speaker) -> bool:
    environment = asking.environment_of(parsed, speaker)
    return environment is not None and environment.current_id != was
