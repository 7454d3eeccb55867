"""What a line may have meant that was understood, and names something that is not there."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from bots import spoken, tongue
from bots.handlers.finding import Unknown
from bots.language import commands
from bots.language.known import assembled, numbered
from bots.language.names import Names, exists
from bots.language.sorting import Sorted, sort
from bots.language.words import split
from deployments import lines

MOST = 3


def of_unknown(error: Unknown, command: commands.Command, names: Names) -> list[str]:
    """Return the nearest lines; each names what is there."""
    if error.instead:
        plans = isinstance(command, commands.Plan)
        near = [_said(one, plans=plans) for one in error.instead]
    elif error.part == "app":
        near = _sorted_anew(command, names) or _with_names(error, command, names)
    elif error.part == "number":
        near = _with_number(command, names)
    else:
        near = [*_of_a_version(error, command, names), *_with_names(error, command, names)]
    return list(dict.fromkeys(near))[:MOST]


def of_a_ref(command: commands.Command, known: Callable[[], Names]) -> list[str]:
    """Return the line that goes to an environment which stands where a ref belongs: web/qa."""
    wanted = command.deploy if isinstance(command, commands.Plan) else command
    if not isinstance(wanted, commands.Deploy) or wanted.environment or not wanted.ref:
        return []
    names = known()
    place = names.place(wanted.ref.lower())
    if place is None or place not in names.apps.get(wanted.app, ()):
        return []
    meant = replace(wanted, ref=None, environment=place)
    return [_said(meant, plans=isinstance(command, commands.Plan))]


def _said(meant: commands.Command, *, plans: bool) -> str:
    """Return the line, or the one that plans the same."""
    if plans and isinstance(meant, commands.Deploy):
        return spoken.line(commands.Plan(meant))
    return spoken.line(meant)


def _sorted_anew(command: commands.Command, names: Names) -> list[str]:
    """Read what is no app as a place or a version, if it is one."""
    words = split(spoken.line(command))
    if not words:
        return []
    head = words[0].plain
    verb = re.split("[:!]", head)[0]
    made = assembled(
        sort(words[1:], names), "deploy" if verb == tongue.verb() else verb, head, names
    )
    return [line for line in made if _is_there(line, names)]


def _with_number(command: commands.Command, names: Names) -> list[str]:
    verb = re.sub("(?<=[a-z])(?=[A-Z])", " ", type(command).__name__).lower()
    return numbered(Sorted(), verb, names)


def _of_a_version(error: Unknown, command: commands.Command, names: Names) -> list[str]:
    """Offer to deploy what was named as the place to go back to: rollback web to v2."""
    if not isinstance(command, commands.Rollback) or command.app is None or not error.said:
        return []
    if names.refs(command.app) is None or not names.is_ref(command.app, error.said):
        return []
    return [lines.deploy(command.app, error.said, place) for place in names.apps[command.app]]


def _with_names(error: Unknown, command: commands.Command, names: Names) -> list[str]:
    near = spoken.with_names(command, error.part, error.names, error.said)
    return [line for line in near if _is_there(line, names)]


def _is_there(line: str, names: Names) -> bool:
    meant = tongue.read(line)
    return isinstance(meant, commands.Command) and exists(meant, names, line)
