"""What a person may give to the commands of a deployment: names, each with a pattern. Pure.

They reach the commands as environment variables, never as part of a command line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

NAME = re.compile(r"[A-Z_][A-Z0-9_]{0,62}", re.IGNORECASE)
LONGEST = 200  # letters of a value
# Names by which a shell, a linker or a language would run something else than was meant.
RESERVED = re.compile(
    r"SHIPMATE_.*|LD_.*|DYLD_.*|GIT_.*|PATH|HOME|IFS|ENV|BASH_ENV|SHELL|USER|LOGNAME|PS4|CDPATH"
    r"|SHELLOPTS|BASHOPTS|PYTHON.*|PERL.*|RUBY.*|NODE_OPTIONS",
    re.IGNORECASE,
)


def problems(declared: object) -> Iterator[str]:
    """Give each fault of what an app declares, in a sentence."""
    if not isinstance(declared, Mapping):
        yield f"“parameters” takes names and patterns, not {declared!r}."
        return
    for name, pattern in declared.items():
        if not NAME.fullmatch(str(name)):
            yield f"“{name}” is no name of a parameter; it takes letters, digits and “_”."
        elif RESERVED.fullmatch(name):
            yield f"“{name}” means something to the shell or to Shipmate; choose another name."
        yield from _pattern(name, pattern)


def refusals(declared: Mapping[str, str], given: Mapping[str, str], where: object) -> list[str]:
    """Return why values cannot be taken, each with what is declared instead."""
    return [why for name, value in given.items() if (why := _unfit(declared, name, value, where))]


def _pattern(name: object, pattern: Any) -> Iterator[str]:
    if not isinstance(pattern, str) or not pattern:
        yield f"The parameter “{name}” needs a pattern that its values must match, such as eu|us."
        return
    try:
        re.compile(pattern)
    except re.error as error:
        yield f"The pattern “{pattern}” of “{name}” is no regular expression: {error}."


def _unfit(declared: Mapping[str, str], name: str, value: str, where: object) -> str:
    if name not in declared:
        return f"{where} declares no parameter {name}; it takes {_listed(declared)}."
    if len(value) > LONGEST or not value.isprintable():
        return f"The value of {name} is longer than {LONGEST} letters, or cannot be printed."
    if not re.fullmatch(declared[name], value):
        return f"{name} takes {declared[name]}, not “{value}”."
    return ""


def _listed(declared: Mapping[str, str]) -> str:
    return ", ".join(f"{name} ({pattern})" for name, pattern in declared.items()) or "none"


def spelled(declared: Mapping[str, str], given: Mapping[str, str]) -> dict[str, str]:
    """Return what was given under the names that are declared; case does not matter to people."""
    names = {name.casefold(): name for name in declared}
    return {names.get(name.casefold(), name): value for name, value in given.items()}


def said(values: Mapping[str, str]) -> str:
    """Return values as they are typed."""
    return " ".join(f"{name}={value}" for name, value in values.items())
