"""Lines that become the arguments of a program. No shell reads them. Pure.

A line is cut into words as a shell would, quotes included; a placeholder such as {sha} is put in
afterwards, so that whatever stands for it stays inside its word.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping

PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")
# What stands for each; docs/command.md has the same table.
PLACEHOLDERS = (
    "application",
    "environment",
    "task",
    "ref",
    "sha",
    "previous_sha",
    "hosts",
    "number",
    "cache",
)
OPERATORS = frozenset({"&&", "||", "|", ";", "&", ">", ">>", "<", "2>&1"})
BUILTINS = frozenset({"cd", "export", "source", ".", "set", "unset", "eval", "if", "for", "while"})
INSTEAD = "Put it into a script of the repository, or write: sh -c '…'."


def words(line: str, values: Mapping[str, str]) -> list[str]:
    """Return the program and its arguments."""
    return [filled(word, values) for word in shlex.split(line)]


def filled(text: str, values: Mapping[str, str]) -> str:
    """Put in what stands for each placeholder."""
    return PLACEHOLDER.sub(lambda match: values[match[1]], text)


def uses(text: str, name: str) -> bool:
    """Return whether the placeholder stands in it."""
    return f"{{{name}}}" in text


def problems(line: str) -> Iterator[str]:
    """Give what is wrong with a line, each in a sentence."""
    if "\x00" in line or "\n" in line:
        yield f"“{line[:60]}” has a character in it that no argument can have."
        return
    try:
        found = shlex.split(line)
    except ValueError:
        yield f"“{line}”: a quote is not closed."
        return
    if not found:
        return
    yield from unknown(line)
    if PLACEHOLDER.search(found[0]):
        yield f"“{found[0]}” stands where the program is named; name the program itself."
    if found[0] in BUILTINS:
        yield f"“{found[0]}” is a word of the shell, and no shell reads this line. {INSTEAD}"
    for word in found:
        if word in OPERATORS or (word.endswith(";") and word != ";"):
            yield f"“{word}” would be an argument: no shell reads “{line}”. {INSTEAD}"


def unknown(text: str) -> Iterator[str]:
    """Give each placeholder that stands for nothing."""
    for name in dict.fromkeys(PLACEHOLDER.findall(text)):
        if name not in PLACEHOLDERS:
            listed = ", ".join(f"{{{one}}}" for one in PLACEHOLDERS)
            yield f"{{{name}}} stands for nothing. There is: {listed}."
