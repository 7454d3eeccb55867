"""The nearest lines that would have been understood. Each suggestion is tried before it is made.

A suggestion never leaves out a word that may have named a place or a version: who wrote
`deploy web qa` must not be offered `deploy web`, which may mean production.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

from bots.language.clauses import NUMBER, PLACE_WORDS, SMALL_WORDS
from bots.language.nearest import distance
from bots.language.words import Word, join
from deployments.lines import named

FILLERS = frozenset(
    ["", "now", "please", "pls", "asap", "today", "tonight", "tomorrow", "later", "soon", "thanks",
     "thx", "thank", "again", "quickly", "force", "f", "the", "of", "for", "yes", "ok", "bitte",
     "mal", "jetzt", "danke", "svp", "merci", "maintenant"]
)  # fmt: skip
RISKY = ("deploy", "rollback", "plan", "promote", "lock", "unlock")
WITH_REF = ("deploy", "deploys", "plan")
FOREIGN = ("nach", "auf", "vers", "sur", "en", "dans", "a", "à", "al")
LEADING = ("reason:", "reason", "-m", "//", "note:", "why:")
UNITS = tuple("mhdw")
COUNTS = {
    **{str(count): str(count) for count in range(1, 100)},
    "a": "1",
    "an": "1",
    "one": "1",
    "two": "2",
    "three": "3",
    "four": "4",
    "five": "5",
    "ten": "10",
    "fifteen": "15",
    "twenty": "20",
    "thirty": "30",
    "half": "1",
}
MOST_WORDS = 60
MOST_LETTERS = 400
MOST = 3

Words = tuple[Word, ...]


@dataclass(frozen=True)
class Miss:
    """A line, the word of it that was not understood, and which line of the table it may be."""

    words: Words
    at: int
    line: str

    @property
    def before(self) -> Words:
        return self.words[: self.at]

    @property
    def word(self) -> Word:
        return self.words[self.at]

    @property
    def plain(self) -> str:
        return self.word.plain.lower()

    @property
    def after(self) -> Words:
        return self.words[self.at + 1 :]

    @property
    def is_placed(self) -> bool:
        """Tell whether leaving out what follows cannot send a deployment somewhere else."""
        named = any(word.plain.lower() in PLACE_WORDS for word in self.before[:-1])
        return named or self.line not in RISKY


def repairs(miss: Miss, verbs: Iterable[str], acts: Callable[[Words], bool]) -> list[str]:
    """Return lines near to this one that act; `verbs` are tried where none was understood."""
    if not is_short(miss.words):
        return []
    tries = (
        _candidates(miss)
        if miss.line
        else ((*map(_word, verb.split()), *miss.words[1:]) for verb in verbs)
    )
    found: dict[str, None] = {}
    for candidate in tries:
        if len(found) < MOST and candidate != miss.words and acts(candidate):
            found[join(candidate)] = None
    return list(found)


def is_short(words: Words) -> bool:
    """Return whether a line is worth mending."""
    return len(words) <= MOST_WORDS and len(join(words)) <= MOST_LETTERS


def _candidates(miss: Miss) -> Iterator[Words]:
    if miss.line == "reject" and miss.plain == "because":
        return  # without a reason nothing is rejected
    if miss.at == 0:
        head = miss.plain.replace("!", "")
        if head != miss.plain and head.partition(":")[2] in ("lock", "unlock", "version"):
            yield (_word(head), *miss.after)
        yield from _either_green(miss)
        yield from _tasked(miss)
        return
    if miss.at == 1 and miss.plain.startswith(":"):
        yield from _tasked(replace(miss, at=0))
    if _means_nothing(miss):
        yield miss.before + miss.after
    if miss.plain in PLACE_WORDS:
        yield from _either_place(miss)
    else:
        yield from _exchanged(miss)
    if miss.plain not in SMALL_WORDS:
        yield from _inserted(miss)
    yield from _mended(miss)
    names_a_place = miss.plain in PLACE_WORDS and miss.after
    if miss.is_placed and len(miss.words) > 2 and not names_a_place:
        yield miss.before + miss.after


def _either_green(miss: Miss) -> Iterator[Words]:
    """Offer to wait for checks and to go past them, where a line says both."""
    words = miss.after
    pairs = pairwise(words)
    said = [(one.plain.lower(), other.plain.lower()) for one, other in pairs]
    at = said.index(("when", "green")) if ("when", "green") in said else -1
    if at >= 0:
        if ":" not in miss.plain:
            yield (_word(miss.word.plain.replace("!", "")), *words)
        yield (miss.word, *words[:at], *words[at + 2 :])


def _tasked(miss: Miss) -> Iterator[Words]:
    """Try a task that stands apart from the verb, or each of several."""
    verb, _, tasks = miss.plain.partition(":")
    for task in tasks.split(",") if "," in tasks else ():
        yield (_word(f"{verb}:{task}"), *miss.after)
    rest = [word for word in miss.after if word.plain != ":"]
    is_apart = len(rest) > 1 and (len(rest) < len(miss.after) or rest[0].plain[0] == ":")
    if not tasks and is_apart and not rest[0].plain.endswith(":"):
        yield (_word(f"{verb}:{rest[0].plain.lstrip(':')}"), *rest[1:])


def _means_nothing(miss: Miss) -> bool:
    is_said_twice = bool(miss.after) and miss.after[0].plain.lower() == miss.plain
    return is_said_twice or _is_loose(miss.word) or miss.plain == "because"


def _is_loose(word: Word) -> bool:
    """Return whether a word says nothing: a courtesy, a picture."""
    plain = word.plain.lower()
    is_picture = not any(one.isascii() or one.isalnum() for one in plain)
    return is_picture or plain.strip("-!?.,") in FILLERS


def _either_place(miss: Miss) -> Iterator[Words]:
    """Offer both where two places are named."""
    if miss.at > 2 and miss.after:
        yield (*miss.before, *miss.after[1:])
        yield (*miss.before[:2], miss.word, *miss.after)


def _exchanged(miss: Miss) -> Iterator[Words]:
    """Try the small word that may have been meant."""
    if miss.line == "lock":
        yield from _lasting(miss)
    if miss.after and _may_be_small(miss.plain):
        yield (*miss.before, _place_word(miss, miss.after[0]), *miss.after)
    if miss.after and _may_be_because(miss):
        yield (*miss.before, _word("because"), *miss.after)


def _lasting(miss: Miss) -> Iterator[Words]:
    """Try a length of time as it is written, and “for the demo” as a reason."""
    if miss.plain in ("until", "till"):
        yield (*miss.before, _word("for"), _word("2h"))
    elif miss.plain in COUNTS and miss.after and miss.after[0].plain[:1].lower() in UNITS:
        length = _word(COUNTS[miss.plain] + miss.after[0].plain[0].lower())
        yield (*miss.before, length, *miss.after[1:])
    elif miss.plain == "for" and miss.is_placed:
        yield (*miss.before, _word("because"), miss.word, *miss.after)


def _may_be_small(word: str) -> bool:
    """Return whether a word may be a slip for “to”; any longer one may be a version."""
    is_sign = not any(letter.isalnum() for letter in word)
    return is_sign or is_a_slip(word) or word in (*SMALL_WORDS, *FOREIGN)


def is_a_slip(word: str) -> bool:
    """Return whether a word may be a slip for “to”."""
    low = word.lower()
    is_near = any(distance(low, small) <= 1 for small in (*PLACE_WORDS, "into", "onto"))
    return low in ("2", "too") or (is_near and len(low) < 6)


def _may_be_because(miss: Miss) -> bool:
    is_slip = len(miss.plain) > 4 and distance(miss.plain, "because") <= 2
    return is_slip or (
        miss.is_placed and miss.plain in ("when", "cause", "since", "as", "cuz", "bc")
    )


def _inserted(miss: Miss) -> Iterator[Words]:
    """Try what may have been left out before the word."""
    yield (*miss.before, _place_word(miss, miss.word), miss.word, *miss.after)
    if miss.at == 2 and miss.line in WITH_REF and not set("/@") & set(miss.before[1].plain):
        joined = _word(named(miss.before[1].plain, miss.word.plain))
        yield (miss.before[0], joined, *miss.after)
    says_something = not all(map(_is_loose, (miss.word, *miss.after)))
    if miss.is_placed and says_something and not _may_be_because(miss):
        yield (*miss.before, _word("because"), *_said_as_reason(miss))


def _said_as_reason(miss: Miss) -> Words:
    """Return the rest of the line without what leads to it: “- ”, “reason: ”, “# ”."""
    rest = (miss.word, *miss.after)
    is_led = not any(letter.isalnum() for letter in miss.plain) or miss.plain in LEADING
    return rest[1:] if is_led and len(rest) > 1 else rest


def _mended(miss: Miss) -> Iterator[Words]:
    """Try the word itself, written as it should be."""
    word = miss.word.plain
    if word.endswith(",") and miss.after:
        yield (*miss.before, _word(word + miss.after[0].plain), *miss.after[1:])
    if miss.plain in PLACE_WORDS and not miss.after:
        yield (*miss.words, _word("staging"))
    target = re.sub("[@#]", "/", word, count=1) if miss.at == 1 else word
    if miss.line == "where is" and NUMBER.fullmatch(word):
        yield (_word("show"), miss.word, *miss.after)
        return
    for mended in (target, re.sub("/-+", "/", word), word.strip("/@,.;:!?#-")):
        yield (*miss.before, _word(mended), *miss.after)


def _place_word(miss: Miss, following: Word) -> Word:
    number = miss.line == "rollback" and NUMBER.fullmatch(following.plain)
    return _word("to" if number or miss.line in ("deploy", "plan") else "in")


def _word(text: str) -> Word:
    return Word(text, text)
