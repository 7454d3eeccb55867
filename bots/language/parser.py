"""Text in, a typed command out. No database, no network, no exception for any text."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from bots.language import known as known_names
from bots.language.commands import (
    Command,
    DeployToken,
    Help,
    NearMiss,
    NotACommand,
    NotYet,
    Parsed,
    TooLong,
)
from bots.language.known import Names
from bots.language.nearest import nearest
from bots.language.repair import MOST, MOST_WORDS, Miss, is_short, repairs
from bots.language.table import Pattern, heads, unspoken, verbs
from bots.language.text import LONGEST, shorten
from bots.language.words import Later, Puzzle, Reader, Word, join, split
from deployments.lines import spoken

Words = tuple[Word, ...]
MOST_BEFORE = 6


def parse(
    text: str,
    *,
    names: Sequence[str] = ("shipmate",),
    signs: str = "",
    addressed: bool = False,
    in_thread: bool = False,
    asked: bool = False,
    verb: str = "deploy",
    known: Callable[[], Names] | None = None,
) -> Parsed:
    """Return what a line means.

    `signs`: those that stand for the bot's name before a verb in this room, like “.” and “!”.
    `addressed`: the bot's name is not needed here (a direct message, the API, the command line).
    `in_thread`: in a deployment's thread, where some bare words count as a whole message.
    `asked`: the bot waits for this person's yes or no here.
    `known`: asked, where a line is not understood, for the names that it may have meant.
    """
    verb = verb.lower()
    signs = "/.!" if addressed else f"/{signs}"
    called, words = _address(_without_ticks(split(text[:LONGEST])), names, signs, verb)
    if len(text) > LONGEST:
        return _too_long(text, words, verb) if called or addressed else NotACommand()
    if not words:
        return Help() if called else NotACommand()
    if called or addressed or _is_bare(words, verb, in_thread, asked):
        return _interpret(words, verb, known)
    return NotACommand()


def _interpret(words: Words, verb: str, known: Callable[[], Names] | None) -> Parsed:
    if _is_about_a_token(words, verb):
        return DeployToken(len(words) > 1 or ":" in words[0].plain)
    try:
        return _understand(words, verb)
    except Later as later:
        return NotYet(shorten(later.what))
    except Puzzle as puzzle:
        return _near_miss(words, puzzle, verb, known() if known else None)


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


def _too_long(text: str, words: Words, verb: str) -> TooLong:
    """Offer the line without its reason, where that is what makes it long."""
    at = next((at for at, word in enumerate(words) if word.plain.lower() == "because"), 0)
    line = join(words[:at])
    return TooLong(len(text), (line,) if at and _acts(words[:at], verb) else ())


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


def _near_miss(words: Words, puzzle: Puzzle, verb: str, names: Names | None) -> NearMiss:
    found = _find(words, verb)
    miss = Miss(words, puzzle.at, found[1].name if found else "")
    near = _verbs_near(words[0].plain.lower(), verb)
    lines = repairs(miss, near, lambda candidate: _acts(candidate, verb, names))
    if names is not None and is_short(words):
        lines = _with_names(words, miss.line, near, verb, names) + lines
    if found is None and is_short(words):
        lines += _behind(words, verb, names)
    example = spoken(found[1].example, verb) if found else "help"
    if names is not None:
        example = known_names.example(example, words[1:MOST_WORDS], names)
        example = example if _acts(split(example), verb, names) else "help"
    return NearMiss(
        understood=shorten(join(miss.before)),
        problem=shorten(miss.word.typed),
        explanation=puzzle.explanation,
        suggestions=tuple(dict.fromkeys(lines))[:MOST] or (example,),
    )


def _behind(words: Words, verb: str, names: Names | None) -> list[str]:
    """Return lines for a verb that stands behind other words: “please deploy web”."""
    for index, word in enumerate(words[1:MOST_BEFORE], 1):
        found = _find(words[index:], verb) if word.plain.lower() in heads(verb) else None
        if found is None:
            continue
        is_app_first = index == 1 and names is not None and words[0].plain.lower() in names.apps
        line = (*words[1:], words[0]) if is_app_first else words[index:]
        lines = [join(line)] if _acts(line, verb, names) else []
        return lines + (_with_names(line, found[1].name, [], verb, names) if names else [])
    if names is None or not _is_name(words[0], names):
        return []
    return _with_names((words[0], *words), "", ["deploy", "status"], verb, names)


def _is_name(word: Word, names: Names) -> bool:
    low = word.plain.lower().strip(",:?!")
    return low in names.apps or names.is_place(low)


def _with_names(words: Words, line: str, near: Sequence[str], verb: str, names: Names) -> list[str]:
    """Return lines made of the names in these words, for the verb that was said or nearly said."""
    made: list[str] = []
    for said in [line] if line else [unspoken(one, verb) for one in near]:
        one = "plan" if said == "deploy plan" else said
        head = words[0].plain if one == line else spoken(one, verb)
        lines = known_names.assembled(words[1:], one, head, names)
        made += [spoken(text, verb) for text in lines]
    return [text for text in made if _acts(split(text), verb, names)]


def _verbs_near(first: str, verb: str) -> list[str]:
    """Return the verbs that the first word of a line may stand for, with its task and its “!”."""
    said = first.strip("?.,:;/")
    base = re.split("[:!]", said, maxsplit=1)[0]
    same = known_names.SYNONYMS.get(base) or (base if base in ("deploy", "deploys") else "")
    found = [spoken(same, verb)] if same else []
    found += nearest(said, verbs(verb)) or nearest(base, verbs(verb))
    suffix = said[len(base) :].rstrip("!") if ":" in said else said[len(base) :]
    tasked = [one + suffix for one in found if suffix and one == verb]
    return tasked or list(dict.fromkeys(found))


def _is_about_a_token(words: Words, verb: str) -> bool:
    """A slip in the verb must not have the token in the line said back."""
    first = re.split("[:!]", words[0].plain.lower(), maxsplit=1)[0]
    near = "tok" in first and spoken("deploy-token", verb) in nearest(first, verbs(verb))
    return near and _find(words, verb) is None


def _acts(words: Words, verb: str, names: Names | None = None) -> bool:
    try:
        command = _understand(words, verb)
    except (Later, Puzzle):
        return False
    return names is None or known_names.exists(command, names)


def _is_bare(words: Words, verb: str, in_thread: bool, asked: bool) -> bool:
    found = _find(words, verb) if len(words) == 1 else None
    if found is None or words[0].plain.lower() not in found[1].heads:
        return False
    return (in_thread and found[1].in_thread) or (asked and found[1].answers)


def _address(words: Words, names: Sequence[str], signs: str, verb: str) -> tuple[bool, Words]:
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
    if first[0] in signs and first[1:] and _find((Word(first[1:], first[1:]), *words[1:]), verb):
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
