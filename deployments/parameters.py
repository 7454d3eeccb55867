"""What a person may give to the commands of a deployment: names, each with a pattern. Pure.

They reach the commands as environment variables, never as part of a command line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any

NAME = re.compile(r"[A-Z_][A-Z0-9_]{0,62}", re.IGNORECASE)
LONGEST = 200  # letters of a value
WORDS = re.compile(r"[\w-]+(\|[\w-]+)*")
FEW = 3
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


def instead(declared: Mapping[str, str], given: Mapping[str, str]) -> list[dict[str, str]]:
    """Return what may have been meant, where one of the values cannot be taken."""
    wrong = [name for name, value in given.items() if _unfit(declared, name, value, "")]
    if len(wrong) != 1:
        return []
    (name,), value = wrong, given[wrong[0]]
    if name in declared:
        meant = [(name, one) for one in _near(value, _words(declared[name]))]
    else:
        meant = [(one, value) for one in get_close_matches(name.upper(), declared)]
    made = [_with(given, name, other) for other in meant]
    return [one for one in made if not refusals(declared, one, "")]


def _words(pattern: str) -> list[str]:
    """Return the values of a pattern that lists them: eu|us."""
    return pattern.split("|") if WORDS.fullmatch(pattern) else []


def _near(value: str, words: list[str]) -> list[str]:
    return get_close_matches(value, words) or words[:FEW]


def _with(given: Mapping[str, str], name: str, other: tuple[str, str]) -> dict[str, str]:
    """Return the same in the same order with another name and value in one place."""
    return dict(other if one == name else (one, value) for one, value in given.items())


def _listed(declared: Mapping[str, str]) -> str:
    return ", ".join(f"{name} ({pattern})" for name, pattern in declared.items()) or "none"


def spelled(declared: Mapping[str, str], given: Mapping[str, str]) -> dict[str, str]:
    """Return what was given under the names that are declared; case does not matter to people."""
    names = {name.casefold(): name for name in declared}
    return {names.get(name.casefold(), name): value for name, value in given.items()}


def said(values: Mapping[str, str]) -> str:
    """Return values as they are typed."""
    return " ".join(f"{name}={value}" for name, value in values.items())
