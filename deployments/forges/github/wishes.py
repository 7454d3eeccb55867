"""What the payload of a deployment means, as hubot-deploy and others have written it. Pure.

It chooses among what is configured here, and never brings anything to be run: what else is in it,
such as hubot-deploy's `config`, commands nothing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from deployments import typed
from deployments.exceptions import Invalid

LONGEST_WHY, LONGEST_NAME, LONGEST_VALUE, MOST_NAMES = 500, 63, 500, 500


def payload(given: Any) -> dict[str, Any]:
    """Return the payload, which may be JSON in text; what is none says nothing."""
    if isinstance(given, str):
        try:
            given = json.loads(given)
        except (ValueError, RecursionError):
            return {}
    return given if isinstance(given, dict) else {}


def chosen(payload: Mapping[str, Any]) -> tuple[str, str]:
    """Return what chooses among apps: the name of one, and how it is deployed, as hubot-deploy's
    `config` says it."""
    name, config = payload.get("name"), payload.get("config")
    way = config.get("provider") if isinstance(config, Mapping) else ""
    return (name if isinstance(name, str) else "", way if isinstance(way, str) else "")


def hosts(given: Any) -> list[str]:
    """Return names of hosts and roles: a list of them, or text with commas, as old bots send."""
    if given is None:
        return []
    names = given.split(",") if isinstance(given, str) else given
    if not isinstance(names, list) or len(names) > MOST_NAMES or not all(map(_is_name, names)):
        raise Invalid("hosts: Send names, or a list of them.")
    return [name.strip() for name in names if name.strip()]


def _is_name(given: Any) -> bool:
    return _is_text(given, LONGEST_NAME)


def _is_text(given: Any, longest: int) -> bool:
    """Return whether it is text that a database keeps: no NULs, no halves of signs."""
    is_short = isinstance(given, str) and len(given) <= longest
    return is_short and "\x00" not in given and given == given.encode(errors="replace").decode()


def parameters(given: Any) -> dict[str, str]:
    """Return the parameters, each a text."""
    if given is None:
        return {}
    if not isinstance(given, dict) or not all(map(_is_value, [*given, *given.values()])):
        raise Invalid("parameters: Send names, each with a text.")
    return dict(given)


def _is_value(given: Any) -> bool:
    return _is_text(given, LONGEST_VALUE)


def why(description: str, notify: Any) -> str:
    """Return the reason, with the name that a bot says it asks for. Nobody has proved that."""
    said = notify.get("user_name") or notify.get("user") if isinstance(notify, Mapping) else ""
    name = (
        typed.line(str(said)[:80].encode(errors="replace").decode())
        if isinstance(said, str | int) and said
        else ""
    )
    words = f"{description} (said to be for {name})" if name else description
    return typed.line(words)[:LONGEST_WHY]
