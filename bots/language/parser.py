"""Text in, a typed command out. No database, no network, no exception for any text."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

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
from bots.language.endings import respelled
from bots.language.grammar import QUESTION
from bots.language.known import (
    WITH_REF,
    about,
    assembled,
    example,
    may_name,
    numbered,
    tasked,
)
from bots.language.names import Names, exists
from bots.language.nearest import distance, nearest
from bots.language.repair import MOST, MOST_WORDS, Miss, is_short, repairs
from bots.language.sorting import Sorted, sort
from bots.language.synonyms import SYNONYMS
from bots.language.table import Pattern, heads, unspoken, verbs
from bots.language.text import LONGEST, shorten
from bots.language.words import Later, Puzzle, Reader, Word, join, split
from deployments.lines import spoken

Words = tuple[Word, ...]
MOST_BEFORE = 6
ASKED_OF_AN_APP = ("status", "where can i deploy", "deploys")
CALLS = ("can", "could", "would", "will", "kindly", "let", "lets", "let's")
GREETINGS = ("hey", "hi", "hello", "yo", "ok", "okay", "dear")
ANSWERS = frozenset(
    ["yes", "y", "yep", "yup", "yeah", "sure", "ok", "okay", "ja", "oui", "si", "👍", "no", "n",
     "nope", "nah", "nein", "non"]
)  # fmt: skip


def parse(
    text: str,
    *,
    names: Sequence[str] = ("shipmate",),
    signs: str = "",
    addressed: bool = False,
    in_thread: bool = False,
    asked: Callable[[], bool] = lambda: False,
    verb: str = "deploy",
    known: Callable[[], Names] | None = None,
) -> Parsed:
    """Return what a line means.

    `signs`: those that stand for the bot's name before a verb in this room, like “.” and “!”.
    `addressed`: the bot's name is not needed here (a direct message, the API, the command line).
    `in_thread`: in a deployment's thread, where some bare words count as a whole message.
    `asked`: says whether the bot waits for this person's yes or no here, where a line may be one.
    `known`: asked, where a line is not understood, for the names that it may have meant.
    """
    verb = verb.lower()
    signs = "/.!" if addressed else f"/{signs}"
    called, words = _address(_without_ticks(split(text[:LONGEST])), names, signs, verb)
    if len(text) > LONGEST:
        return _too_long(text, words, verb) if called or addressed else NotACommand()
    if not words:
        return Help() if called else NotACommand()
    if _is_nearly_an_answer(words) and asked():
        explanation = "only “yes” or “no” answers my question"
        return NearMiss("", shorten(join(words)), explanation, ("yes", "no"))
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
        raise Puzzle(0, _begun_as(words, verb)[1])
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
            said = (key, *(word.plain.lower().rstrip("?") for word in words[1 : len(head)]))
            if said == head and (key == first or pattern.suffixed):
                return head, pattern
    return None


def _near_miss(words: Words, puzzle: Puzzle, verb: str, names: Names | None) -> NearMiss | NotYet:
    found = _find(words, verb)
    miss = Miss(words, puzzle.at, found[1].name if found else "")
    whole = words if found else _whole_verb(words)
    try:
        suggestions = _suggested(replace(miss, words=whole), found and found[1], verb, names)
    except Later as later:
        return NotYet(shorten(later.what))
    at = miss.at if found else _begun_as(words, verb)[0]
    return NearMiss(
        understood=shorten(join(words[:at])),
        problem=shorten(words[at].typed),
        explanation=puzzle.explanation,
        suggestions=suggestions,
    )


def _suggested(
    miss: Miss, pattern: Pattern | None, verb: str, names: Names | None
) -> tuple[str, ...]:
    """Return the line with its ending as it is written, else the nearest lines, else an example."""
    if is_short(miss.words):
        words = respelled(miss.words, miss.at, miss.line, names)
        if words != miss.words:
            try:
                _understand(words, verb)
            except Puzzle as puzzle:
                miss = replace(miss, words=words, at=puzzle.at)
            else:
                if _acts(words, verb, names, join(words)):
                    return (join(words),)
                miss = replace(miss, words=words)
    holds = sort(miss.words[1:MOST_WORDS], names) if names else None
    near = _lines_near(miss, holds, verb, names)
    return near or (_example(pattern, holds, verb, names),)


def _lines_near(
    miss: Miss, found: Sorted | None, verb: str, names: Names | None
) -> tuple[str, ...]:
    """Return the nearest lines that act; each means something else. `found`: what words hold."""
    words = miss.words
    near = _verbs_meant(words, verb, names)
    said = join(words)
    begun = [] if miss.line else _begun(words, verb)
    lines = [join(line) for line in begun if _acts(line, verb, names, said)]
    if lines:
        return tuple(lines[:MOST])
    lines = repairs(miss, near, lambda candidate: _acts(candidate, verb, names, said))
    if found is not None and names is not None and is_short(words):
        named = _with_names(words, found, miss.line, near, verb, names)
        is_task = len(words) > 1 and words[1].plain.startswith(":")  # apart from its verb
        lines = lines + named if is_task else named + lines
        if not lines or miss.line in WITH_REF:
            lines += _with_names(words, found, miss.line, near, verb, names, loose=True)
    if not miss.line and is_short(words):
        lines += _behind(words, verb, names)
    if not lines and not miss.line and found is not None and names is not None:
        lines += _about_apps(found, verb, names)
    meant: dict[Command, str] = {}
    for line in lines:
        meant.setdefault(_understand(split(line), verb), line)
    return tuple(meant.values())[:MOST]


def _example(pattern: Pattern | None, found: Sorted | None, verb: str, names: Names | None) -> str:
    """Return an example of the line, with names that are there."""
    if pattern is None:
        return "help"
    line = spoken(pattern.example, verb)
    if names is None or found is None:
        return line
    line = example(line, found, names)
    is_there = pattern.name != "reject" and _acts(split(line), verb, names)
    return line if is_there else f"help {spoken(pattern.heads[0], verb)}"


def _whole_verb(words: Words) -> Words:
    """Return a line whose verb was said in two words with it in one: “roll out web”."""
    whole = "".join(word.plain.lower() for word in words[:2])
    if len(words) < 2 or whole not in {*SYNONYMS, "rollback"}:
        return words
    return (Word(whole, whole), *words[2:])


def _behind(words: Words, verb: str, names: Names | None) -> list[str]:
    """Return lines for a verb that stands behind other words: “please deploy web”."""
    for index, word in enumerate(words[1:MOST_BEFORE], 1):
        found = _find(words[index:], verb) if word.plain.lower() in heads(verb) else None
        if found is None:
            continue
        is_app_first = index == 1 and names is not None and words[0].plain.lower() in names.apps
        line = (*words[1:], words[0]) if is_app_first else words[index:]
        lines = [join(line)] if _acts(line, verb, names) else []
        if names is None:
            return lines
        holds, name = sort(line[1:], names), found[1].name
        lines += _with_names(line, holds, name, [], verb, names)
        return lines or _with_names(line, holds, name, [], verb, names, loose=True)
    if names is None:
        return []
    if len(words) == 1 and (lines := about(words[0], names)):
        return lines
    if not _is_name(words[0], names):
        return _with_tasks(words, verb, names)
    near = [spoken(one, verb) for one in ("deploy", "status")]
    return _with_names(words, sort(words, names), "", near, verb, names)


def _with_tasks(words: Words, verb: str, names: Names) -> list[str]:
    """Return lines for the task that stands where a verb belongs: “please migrate web”."""
    tasks = {task for app in names.apps for task in names.tasks(app)}
    for index, word in enumerate(words[:MOST_BEFORE], 1):
        said = word.plain.lower().strip(",:?!")
        if any(may_name(said, task) for task in tasks):
            made = tasked(said, sort(words[index:], names), spoken("deploy", verb), names)
            return [line for line in made if _acts(split(line), verb, names)]
    return []


def _about_apps(found: Sorted, verb: str, names: Names) -> list[str]:
    """Return what everybody may ask about the apps that a line names, whatever it wants of them."""
    asked = [f"{spoken(one, verb)} {app}" for app in found.apps for one in ASKED_OF_AN_APP]
    return [line for line in asked if _acts(split(line), verb, names)]


def _is_name(word: Word, names: Names) -> bool:
    low = word.plain.lower().strip(",:?!").partition("/")[0]
    return low in names.apps or names.is_place(low)


def _with_names(
    words: Words,
    found: Sorted,
    line: str,
    near: Sequence[str],
    verb: str,
    names: Names,
    *,
    loose: bool = False,
) -> list[str]:
    """Return lines made of the names in a line, for the verb that was said or nearly said."""
    made: list[str] = []
    for said in [line] if line else [unspoken(one, verb) for one in near]:
        base, colon, task = said.partition(":")
        one = "plan" if said == "deploy plan" else base
        head = words[0].plain if one == line else spoken(one, verb) + colon + task
        made += [spoken(text, verb) for text in assembled(found, one, head, names, loose=loose)]
        made += [] if loose else numbered(found, one, names)
    return [text for text in made if _acts(split(text), verb, names, join(words))]


def _verbs_meant(words: Words, verb: str, names: Names | None) -> list[str]:
    """Return the verbs that the first word may stand for; a courtesy or an app's name is none."""
    first = words[0].plain.lower()
    if first in CALLS or (len(words) == 1 and names is not None and first in names.apps):
        return []
    near = _verbs_near(first, verb)
    return near if len(words) < 3 else [one for one in near if one != "help"]


def _begun(words: Words, verb: str) -> list[Words]:
    """Return lines that begin rightly and go on with a slip: status?, where si 4f2c1a."""
    first = words[0].plain.lower().rstrip("?.,;")
    said = [first, *(word.plain.lower() for word in words[1:])]
    return [
        (*(Word(word, word) for word in head), *words[len(head) :])
        for head, _ in heads(verb).get(first, ())
        if len(head) <= len(said)
        and all(distance(*pair) < 2 for pair in zip(head[1:], said[1:], strict=False))
    ]


def _begun_as(words: Words, verb: str) -> tuple[int, str]:
    """Return how many words begin a line, and how it goes on, where its first word is right."""
    table = heads(verb).get(words[0].plain.lower(), ())
    said = " or ".join(f"“{' '.join(head)}”" for head, pattern in table if pattern.parse)
    if not said:
        return 0, "no command begins with it"
    return min(1, len(words) - 1), f"it is said {said}"


def _verbs_near(first: str, verb: str) -> list[str]:
    """Return the verbs that the first word of a line may stand for, with its task and its “!”."""
    said = first.strip("?.,:;/")
    base = re.split("[:!]", said, maxsplit=1)[0]
    same = SYNONYMS.get(base) or (base if base in ("deploy", "deploys") else "")
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


def _acts(words: Words, verb: str, names: Names | None = None, said: str = "") -> bool:
    """Return whether the line would act, and names only what is there or was named so."""
    try:
        command = _understand(words, verb)
    except (Later, Puzzle):
        return False
    return names is None or exists(command, names, said)


def _is_bare(words: Words, verb: str, in_thread: bool, asked: Callable[[], bool]) -> bool:
    found = _find(words, verb)
    said = " ".join(word.plain.lower() for word in words).rstrip("?")
    if found is None or said not in found[1].heads:
        return False
    return (in_thread and found[1].in_thread) or (found[1].answers and asked())


def _is_nearly_an_answer(words: Words) -> bool:
    plain = [word.plain.lower().strip("!.,") for word in words]
    is_exact = len(words) == 1 and words[0].plain.lower() in ("yes", "no")
    is_coded = len(words) == 2 and plain[0] in ("yes", "no") and bool(QUESTION.fullmatch(plain[1]))
    return not is_exact and not is_coded and len(words) < 4 and plain[0] in ANSWERS


def _address(words: Words, names: Sequence[str], signs: str, verb: str) -> tuple[bool, Words]:
    """Take the bot's name off the front, and say whether it was there."""
    if not words:
        return False, words
    if words[0].plain.lower().strip("!,") in GREETINGS and len(words) > 1:
        called, behind = _address(words[1:], names, "", verb)
        return called, behind if called else words
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
    if said.rstrip("?!.") == name:
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
