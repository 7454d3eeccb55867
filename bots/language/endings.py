"""Slips in the words that a line may end with: “wen green”, “becuase …”, “form main”, “on hosts …”.

Each is told by what must follow it, so that a name which looks alike is left alone. What comes out
is offered, never done.
"""

from __future__ import annotations

import re

from bots.language.clauses import DURATION, PLACE_WORDS, SMALL_WORDS
from bots.language.names import Names
from bots.language.nearest import distance
from bots.language.repair import COUNTS
from bots.language.words import Word

PLACED = ("deploy", "plan")
LEADING = (*PLACED, "promote")
WHEN = ("when", "once", "if", "until", "till", "after")
GREEN = ("green", "pass", "passes", "passed")
BETWEEN = frozenset(
    ["it", "it's", "its", "is", "are", "all", "the", "checks", "check", "tests", "ci", "build",
     "everything", "has", "have", "turns", "turn", "goes", "gets"]
)  # fmt: skip
AND = ("and", "&")
UNIT = re.compile("(minute|min|hour|day|week)s?")
NOTHING = Word("", "")
LONGEST = 6  # words from “when” to “green”
LEAST = 5  # letters of a slip for “because”
SHORT = 4  # letters of a slip for “after”

Words = tuple[Word, ...]


def respelled(words: Words, at: int, line: str, names: Names | None) -> Words:
    """Return a line whose words from one on are written as they are meant.

    `line`: the line of the table that it is; empty where its verb is none. What names something
    that is there is no slip.
    """
    made, rest = list(words[:at]), words[at:]
    while rest and "because" not in (rest[0].plain.lower(), made[-1].plain if made else ""):
        taken = _waits(rest, line) if line in (*PLACED, "") else 0
        if taken:
            made += _words("when green")
        elif line in PLACED and (length := _later(rest)):
            made += _words(f"after {length}")
            taken = 3
        elif line in PLACED and (found := _on_hosts(made, rest, names)):
            made[-1], taken = found
        else:
            word, taken = rest[0], 1
            meant = "" if _is_name(word, made, names) else _small(rest, line)
            made += _words(meant) if meant else [word]
        rest = rest[taken:]
    return (*made, *rest)


def is_near(word: str, meant: str) -> bool:
    """Return whether one word is a slip of the finger away from another."""
    most = 2 if len(meant) > LEAST else 1
    return abs(len(word) - len(meant)) <= most and distance(word, meant) <= most


def _waits(rest: Words, line: str) -> int:
    """Return how many words say to wait for checks: “wen green”, “whengreen”, “if it is green”."""
    first, *others = (word.plain.lower() for word in rest[:LONGEST])
    if is_near(first.replace("-", ""), "whengreen") or (
        line and len(rest) == 1 and first in ("green", "when")
    ):
        return 1
    if first not in WHEN and not is_near(first, "when"):
        return 0
    for taken, word in enumerate(others, 2):
        if word in GREEN or is_near(word, "green"):
            return taken
        if word not in BETWEEN:
            break
    return 0


def _later(rest: Words) -> str:
    """Return the length of time of “in ten minutes”, as it is written."""
    announced, count, unit = (word.plain.lower() for word in (*rest, NOTHING, NOTHING)[:3])
    if announced == "in" and count in COUNTS and UNIT.fullmatch(unit):
        return COUNTS[count] + unit[0]
    return ""


def _on_hosts(made: list[Word], rest: Words, names: Names | None) -> tuple[Word, int] | None:
    """Return the place with the hosts that are named behind it, “to qa on hosts a and b”."""
    is_placed = len(made) > 1 and made[-2].plain.lower() in PLACE_WORDS
    if not is_placed or "/" in made[-1].plain or rest[0].plain.lower() not in PLACE_WORDS:
        return None
    is_told = len(rest) > 1 and rest[1].plain.lower() in ("host", "hosts")
    start = 1 + is_told
    hosts, taken = _listed(rest[start:])
    if not hosts or not (is_told or _may_be_host(hosts[0].lower(), names)):
        return None
    place = f"{made[-1].plain}/{','.join(hosts)}"
    return Word(place, place), start + taken


def _listed(rest: Words) -> tuple[list[str], int]:
    """Return the names that words begin with, “a, b and c”, and how many words these are."""
    listed: list[str] = []
    goes_on = True
    for at, word in enumerate(rest):
        is_and = word.plain.lower() in AND
        is_end = word.plain.lower() in SMALL_WORDS and not is_and
        if is_end or not (goes_on or is_and):
            return listed, at
        listed += [] if is_and else [word.plain.strip(",")]
        goes_on = is_and or word.plain.endswith(",")
    return listed, len(rest)


def _may_be_host(word: str, names: Names | None) -> bool:
    """Return whether a word behind a second “on” is no place."""
    if names is None or not word[0].isalpha():
        return False
    return names.place(word) is None and word not in names.apps


def _is_name(word: Word, made: list[Word], names: Names | None) -> bool:
    low = word.plain.lower()
    if names is None or low in SMALL_WORDS:
        return False
    app = re.split("[/@#]", made[1].plain.lower())[0] if len(made) > 1 else ""
    refs = names.refs(app) if app in names.apps else None
    return low in names.apps or names.is_place(low) or word.plain in (refs or ())


def _small(rest: Words, line: str) -> str:
    """Return the small word that a word is a slip for, judged by what follows it."""
    word, following = (one.plain.lower() for one in (*rest, NOTHING)[:2])
    if not following:
        return ""
    if DURATION.fullmatch(following):
        return _lasting(word, line)
    if word in SMALL_WORDS:
        return ""
    if len(word) >= LEAST and is_near(word, "because") and following != "when":
        return "because"
    is_from = line in LEADING and is_near(word, "from")
    return "from" if is_from and following not in SMALL_WORDS else ""


def _lasting(word: str, line: str) -> str:
    """Return the word that announces a length of time."""
    if line == "lock":
        return "for" if is_near(word, "for") else ""
    is_after = len(word) >= SHORT and is_near(word, "after")
    return "after" if line in PLACED and (is_after or word == "in") else ""


def _words(text: str) -> list[Word]:
    return [Word(one, one) for one in text.split()]
