"""What may stand where a text ends: words of the table, and names for its slots. Pure.

Which names there are is not known here; whoever asks puts them into the slots.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

from bots.language.clauses import PLACE_WORDS
from bots.language.table import TABLE, Pattern
from bots.language.text import fold
from bots.language.usage import Item, Line, Shape, ways
from bots.language.words import STEP, Word, split
from deployments.lines import spoken

LONGEST = 400
LEAST = 2  # letters of a first word: a room is for talk as well
FOLLOWING = ("ENV", "NUMBER", "LENGTH")  # offered together with the word that announces them
ENDS = re.compile(r"\S*\Z")
WITHOUT_SIGN = {"APP": r"[^/@#\s]+", "ENV": r"[^/\s]+"}


@dataclass(frozen=True)
class Expected:
    """One thing that fits: `lead` stands for itself, a name for the slot follows it, if any."""

    pattern: Pattern
    lead: str
    slot: str = ""
    typed: str = ""  # of the name
    said: Mapping[str, str] = field(default_factory=dict)  # the names before it, by their slots
    more: bool = False  # the line may go on


@dataclass(frozen=True)
class Place:
    """The word that a text ends with, and what fits there."""

    typed: str
    expected: tuple[Expected, ...] = ()


def place(
    text: str,
    *,
    names: Sequence[str] = ("shipmate",),
    in_thread: bool = False,
    verb: str = "deploy",
) -> Place:
    """Return what a text may go on with. In a thread, its own words come first."""
    typed = last_word(text)
    before = split(text[: len(text) - len(typed)])
    said, called = _addressed(before, names)
    if not said and typed[:1] == "/":
        typed, called = typed[1:], True
    is_talk = not (said or called or in_thread) and 0 < len(typed) < LEAST
    if len(text) > LONGEST or "\n" in text or is_talk:
        return Place(typed)
    found = _all(said, typed, verb, in_thread=in_thread and not said)
    return Place(typed, tuple(_joined(found)))


def last_word(text: str) -> str:
    """Return the word that is being typed; empty after a space."""
    found = ENDS.search(text)
    return found[0] if found else ""


def _addressed(words: tuple[Word, ...], names: Sequence[str]) -> tuple[tuple[Word, ...], bool]:
    """Take the bot's name, or the sign that stands for it, off the front."""
    if not words:
        return words, False
    first = words[0].plain
    if first.strip("@/:,").lower() in names:
        return words[1:], True
    if first[0] == "/" and first[1:]:
        return (Word(first[1:], first[1:]), *words[1:]), True
    return words, False


def _all(said: tuple[Word, ...], typed: str, verb: str, *, in_thread: bool) -> list[Expected]:
    acting = [one for one in TABLE if one.step <= STEP and not one.answers]
    if in_thread:
        acting.sort(key=lambda one: not one.in_thread)
    found: list[Expected] = []
    for pattern in acting:
        for line in _lines(pattern, verb, bool(said)):
            for at, names in _reached(line, [word.plain for word in said]):
                found += _next(pattern, line, at, names, typed)
    if in_thread:
        return [replace(one, more=one.more and not one.pattern.in_thread) for one in found]
    return found


def _lines(pattern: Pattern, verb: str, begun: bool) -> Iterator[Line]:
    """Yield the ways to say a line; its other names are understood, and not offered."""
    usage = spoken(pattern.usage, verb)
    yield from ways(usage)
    main = spoken(pattern.name, verb)
    for other in pattern.heads[1:] if begun else ():
        yield from ways(usage.replace(main, spoken(other, verb), 1))


def _reached(
    line: Line, words: Sequence[str], at: int = 0, names: Mapping[str, str] | None = None
) -> Iterator[tuple[int, Mapping[str, str]]]:
    """Yield where the line stands after these words, with the names that were said."""
    names = names or {}
    if not words:
        yield at, names
        return
    if at >= len(line) or line[at].goes_on:
        return
    for shape in line[at].shapes:
        found = _pattern(shape).fullmatch(words[0])
        if found is None:
            continue
        known = {**names, **{slot: value.lower() for slot, value in found.groupdict().items()}}
        yield from _reached(line, words[1:], at + 1, known)
        if line[at].repeats:
            yield from _reached(line, words[1:], at, known)


@lru_cache(maxsize=512)
def _pattern(shape: Shape) -> re.Pattern[str]:
    parts = []
    for piece in shape:
        if piece.is_slot:
            name = piece.text if piece.text.isalpha() else "ANY"
            parts.append(f"(?P<{name}>{WITHOUT_SIGN.get(name, '.+')})")
        elif piece.text in PLACE_WORDS:
            parts.append(f"(?:{'|'.join(PLACE_WORDS)})")
        else:
            parts.append({"/": "(?:[/@]|(?=#))", "#": "#?"}.get(piece.text, re.escape(piece.text)))
    return re.compile("".join(parts), re.IGNORECASE)


# ---- The word that is being typed ----


def _next(
    pattern: Pattern, line: Line, at: int, names: Mapping[str, str], typed: str
) -> Iterator[Expected]:
    if at >= len(line) or line[at].goes_on:
        return
    most = 1 + (line[at].literal == "when")  # “when green” is one thing
    words, end = _run(line, at, most if at else len(pattern.name.split()))
    if words:
        yield from _literal(Expected(pattern, words, said=names), line[end:], at, typed)
        return
    more = at + 1 < len(line) or line[at].repeats
    for shape in line[at].shapes:
        found = _begun(Expected(pattern, "", said=names, more=more), shape, typed)
        if found is not None and (at or found.slot or not found.lead.endswith((":", "!"))):
            yield found  # a task, and force above all, is offered to nobody who did not ask for it


def _run(line: Line, at: int, most: int) -> tuple[str, int]:
    """Return the words from here on that stand for themselves, and where they end."""
    end = at
    while end < min(len(line), at + most) and line[end].literal:
        end += 1
    return " ".join(item.literal for item in line[at:end]), end


def _literal(found: Expected, rest: Line, at: int, typed: str) -> Iterator[Expected]:
    """Offer words of the table; a place, a number or a length is offered with its small word."""
    if not found.lead.startswith(fold(typed).lower()):
        return
    following = rest[0].slot if at and rest else ""
    if following in FOLLOWING:
        sign = f"{found.lead} "
        yield replace(found, lead=sign, slot=following, more=_goes_on(rest[0], rest))
    elif following == "" and at and rest and rest[0].shapes[0][0].text == "#":
        yield replace(found, lead=f"{found.lead} #", slot="NUMBER")
    elif following != "APP":
        yield replace(found, more=bool(rest))


def _goes_on(item: Item, rest: Line) -> bool:
    return len(rest) > 1 or item.repeats


def _begun(found: Expected, shape: Shape, typed: str) -> Expected | None:
    """Return what fits behind the part of a word that is typed already."""
    lead, names = "", dict(found.said)
    for at, piece in enumerate(shape):
        is_last = at == len(shape) - 1
        if piece.is_slot:
            end = -1 if is_last else _sign(shape[at + 1].text, typed)
            if end < 0:  # a word without its end is offered by itself, save for KEY=
                fits = _may_be(piece.text, typed) if is_last else shape[at + 1].text == "="
                slot = replace(found, lead=lead, slot=piece.text, typed=typed, said=names)
                return slot if fits else None
            names[piece.text] = typed[:end].lower()
            lead, typed = lead + typed[:end], typed[end:]
            continue
        text = piece.text
        if _sign(text, typed) == 0 and not (is_last and len(typed) == len(text)):
            lead, typed = lead + typed[: len(text)], typed[len(text) :]
        elif text == "#" and (not typed or typed[0].isdigit()):
            lead += text
        elif text.startswith(typed.lower()) and (typed or not at):
            return replace(found, lead=lead + text, more=found.more or not is_last)
        else:
            return None
    return None if typed else replace(found, lead=lead)


def _may_be(slot: str, typed: str) -> bool:
    return not typed or re.fullmatch(WITHOUT_SIGN.get(slot, ".+"), typed) is not None


def _sign(text: str, typed: str) -> int:
    """Return where a word's part stands for itself; behind an app web@v2 and web#12 do, too."""
    return min(
        (at for one in ("/@#" if text == "/" else [text]) if (at := typed.lower().find(one)) >= 0),
        default=-1,
    )


def _joined(found: Sequence[Expected]) -> Iterator[Expected]:
    """Leave out what is said twice; what may go on in any way may go on."""
    once: dict[tuple[str, ...], Expected] = {}
    for one in found:
        names = tuple(f"{slot}={name}" for slot, name in sorted(one.said.items()))
        key = (one.lead, one.slot, one.typed, *(names if one.slot else ()))
        known = once.setdefault(key, one)
        once[key] = replace(known, more=known.more or one.more)
    yield from once.values()
