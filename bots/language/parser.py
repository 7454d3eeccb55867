"""Text in, a typed command out. No database, no network, no exception for any text."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bots.language.commands import Command, Help, NearMiss, NotACommand, NotYet, Parsed
from bots.language.nearest import nearest
from bots.language.repair import Miss, repairs
from bots.language.table import Pattern, heads, spoken, verbs
from bots.language.text import shorten
from bots.language.words import Later, Puzzle, Reader, Word, join, split

Words = tuple[Word, ...]


def parse(
    text: str,
    *,
    names: Sequence[str] = ("shipmate",),
    addressed: bool = False,
    in_thread: bool = False,
    asked: bool = False,
    verb: str = "deploy",
) -> Parsed:
    """Return what a line means.

    `addressed`: the bot's name is not needed here (a direct message, the API, the command line).
    `in_thread`: in a deployment's thread, where some bare words count as a whole message.
    `asked`: the bot waits for this person's yes or no here.
    """
    verb = verb.lower()
    called, words = _address(_without_ticks(split(text)), names, verb)
    if not words:
        return Help() if called else NotACommand()
    if called or addressed or _is_bare(words, verb, in_thread, asked):
        return _interpret(words, verb)
    return NotACommand()


def _interpret(words: Words, verb: str) -> Parsed:
    try:
        return _understand(words, verb)
    except Later as later:
        return NotYet(shorten(later.what))
    except Puzzle as puzzle:
        return _near_miss(words, puzzle, verb)


def _understand(words: Words, verb: str) -> Command:
    found = _find(words, verb)
    if found is None:
        raise Puzzle(0, "no command begins with it")
    head, pattern = found
    if pattern.parse is None:
        raise Later(" ".join(head))
    reader = Reader(words, len(head))
    reader.needs(pattern.step, pattern.name)
    return pattern.parse(reader)


def _find(words: Words, verb: str) -> tuple[tuple[str, ...], Pattern] | None:
    """Return the line that these words begin, and the words that it begins with."""
    first = words[0].plain.lower()
    base = re.split("[:!]", first, maxsplit=1)[0]
    table = heads(verb)
    for key in (first, base):
        for head, pattern in table.get(key, ()):
            said = (key, *(word.plain.lower() for word in words[1 : len(head)]))
            if said == head and (key == first or pattern.suffixed):
                return head, pattern
    return None


def _near_miss(words: Words, puzzle: Puzzle, verb: str) -> NearMiss:
    found = _find(words, verb)
    miss = Miss(words, puzzle.at, found[1].name if found else "")
    near = nearest(words[0].plain, verbs(verb))
    lines = repairs(miss, near, lambda candidate: _acts(candidate, verb))
    return NearMiss(
        understood=shorten(join(miss.before)),
        problem=shorten(miss.word.typed),
        explanation=puzzle.explanation,
        suggestions=tuple(lines) or (spoken(found[1].example, verb) if found else "help",),
    )


def _acts(words: Words, verb: str) -> bool:
    try:
        _understand(words, verb)
    except (Later, Puzzle):
        return False
    return True


def _is_bare(words: Words, verb: str, in_thread: bool, asked: bool) -> bool:
    found = _find(words, verb) if len(words) == 1 else None
    if found is None or words[0].plain.lower() not in found[1].heads:
        return False
    return (in_thread and found[1].in_thread) or (asked and found[1].answers)


def _address(words: Words, names: Sequence[str], verb: str) -> tuple[bool, Words]:
    """Take the bot's name off the front, and say whether it was there."""
    if not words:
        return False, words
    first = words[0].plain
    slash = first.startswith("/")
    said = first.lower().lstrip("@/") if slash or first.startswith("@") else first.lower()
    for name in names:
        rest = _after(said, name.lower().lstrip("@"))
        if rest is not None:
            kept = first[len(first) - len(rest) :] if rest else ""
            return True, ((Word(kept, kept), *words[1:]) if kept else words[1:])
    if slash and _find((Word(first[1:], first[1:]), *words[1:]), verb):
        return True, (Word(first[1:], first[1:]), *words[1:])
    return False, words


def _after(said: str, name: str) -> str | None:
    if said == name:
        return ""
    if name and said.startswith((f"{name}:", f"{name},")):
        return said[len(name) + 1 :]
    return None


def _without_ticks(words: Words) -> Words:
    """Read a line that was sent as code as the line itself."""
    if not words or not words[0].plain.startswith("`"):
        return words
    text = join(words).strip("` ")
    return split(text)
