"""The words of a line that was not understood, by what they may have meant."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from bots.language.clauses import DURATION, NUMBERED, PLACE_WORDS, SMALL_WORDS
from bots.language.names import Names
from bots.language.repair import FILLERS
from bots.language.words import Word

Words = tuple[Word, ...]
# Small words of other languages too: people mix them in.
ANNOUNCING = (
    *PLACE_WORDS, "into", "onto", "nach", "auf", "im", "zum", "zur", "vers", "sur", "en", "dans",
    "à", "al",
)  # fmt: skip
FLAG = re.compile(r"-[a-zA-Z]")
EMOJI = re.compile(r":[a-z0-9_+-]+:")
PARAMETER = re.compile(r"[A-Z_a-z][0-9A-Z_a-z]*=.*")
SIGNS = "?.,!:;()[]{}\"'`*_"
IDLE = {*FILLERS, *ANNOUNCING} | {
    "a", "an", "can", "could", "may", "you", "we", "i", "is", "it", "my", "app", "branch", "env",
    "environment", "with", "via", "me", "this", "that", "do", "does", "are", "will", "would",
    "should", "let's", "lets", "us", "go", "going", "want", "need", "--", "-", "->", "=>", ">",
    "was", "did", "version", "tag", "right", "there", "here", "deployed", "running", "runs",
    "live", "last", "what", "who", "which", "when", "until", "till", "back", "out", "deploy",
    "plan", "between", "vs", "not", "up", "all", "den", "die", "das", "der", "la", "le", "les",
    "el",
}  # fmt: skip
MOST_OTHERS = 4
MOST_SORTED = 24  # names stand near the beginning


@dataclass
class Sorted:
    apps: list[str] = field(default_factory=list)
    places: list[str] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    ref: str = ""  # behind an application's name
    source: str = ""  # a place that “from” announced
    duration: str = ""
    goes: bool = False  # a place was announced
    parameters: list[str] = field(default_factory=list)
    green: bool = False  # only when its checks have passed
    reason: str = ""


def sort(words: Words, names: Names) -> Sorted:
    found = Sorted()
    plain = _with_whole_names([word.plain for word in words], names)
    for index, word in enumerate(plain):
        if word.lower() == "because":
            rest = len(plain) - index - 1
            found.reason = " ".join(one.typed for one in words[len(words) - rest :])
            break
        if index >= MOST_SORTED:
            continue
        before = plain[index - 1].lower() if index else ""
        if before == "when" and word.lower() == "green":
            found.green = True
            continue
        found.goes |= word.lower() in ANNOUNCING
        if before not in ANNOUNCING or _may_be_no_place(word, names):
            _sort(found, word, names)
        if before == "from" and found.places and not found.others:
            found.source = found.places[-1]
    found.apps = list(dict.fromkeys(found.apps))
    found.places = list(dict.fromkeys(found.places))
    return found


def _with_whole_names(plain: list[str], names: Names) -> list[str]:
    """Put together the two words of a name that is written with a dash."""
    for index in range(len(plain) - 1):
        whole = f"{plain[index]}-{plain[index + 1]}".lower()
        if whole in names.apps:
            return [*plain[:index], whole, *plain[index + 2 :]]
    return plain


def _may_be_no_place(typed: str, names: Names) -> bool:
    """Return whether a word after “to” may be something else than a place that is not there."""
    low = typed.strip(SIGNS).lower()
    nearly = names.place(low.partition("/")[0]) or names.app(low.partition("/")[0])
    return nearly is not None or low in SMALL_WORDS or low in IDLE


def _sort(found: Sorted, typed: str, names: Names) -> None:
    parts = [part for part in typed.split(",") if part]
    if len(parts) > 1 and all(part.lower() in names.apps for part in parts):
        found.apps += [part.lower() for part in parts]
        return
    if DURATION.fullmatch(typed):
        found.duration = typed
        return
    if FLAG.fullmatch(typed) or EMOJI.fullmatch(typed):
        return
    word = typed.strip(SIGNS)
    low = word.lower().lstrip("@#-")
    if not low or low in IDLE or low in SMALL_WORDS:
        return
    if len(found.others) >= MOST_OTHERS and low not in names.apps:
        return  # a line of so many unknown words is not put in order any more
    if PARAMETER.fullmatch(word) and word.partition("=")[0].lower() not in names.apps:
        found.parameters.append(word)
    elif not _sort_divided(found, word, names):
        _sort_whole(found, word, low, names)


def _sort_divided(found: Sorted, word: str, names: Names) -> bool:
    """Sort APP/REF and ENV/HOSTS, and what people write for them."""
    if "://" in word or ".." in word:
        _sort_parts(found, word, names)
        return True
    for sign in (*"/@:#=", "--"):
        head, divided, rest = word.lstrip("@").partition(sign)
        if divided and head.lower() in names.apps:
            found.apps.append(head.lower())
            is_pull_request = sign == "#" and NUMBERED.fullmatch(f"#{rest}")
            _sort_rest(found, f"#{rest}" if is_pull_request else rest, names)
            return True
        if divided and sign == "/" and names.is_place(head.lower()):
            found.places.append(f"{names.place(head.lower())}/{rest}")
            return True
    return False


def _sort_parts(found: Sorted, word: str, names: Names) -> None:
    """Take the names out of an address, or out of ENV..ENV."""
    for part in re.split(r"[/.]+", word.lower()):
        if part in names.apps:
            found.apps.append(part)
        elif names.is_place(part):
            found.places.append(names.place(part) or part)


def _sort_whole(found: Sorted, word: str, low: str, names: Names) -> None:
    if low in names.apps:
        found.apps.append(low)
    elif names.is_place(low):
        found.places.append(names.place(low) or low)
    elif not found.places and (place := names.place(low)):
        found.places.append(place)
    elif not found.apps and (app := names.app(low)):
        found.apps.append(app)
    elif any(letter.isalnum() for letter in low):
        found.others.append(word)


def _sort_rest(found: Sorted, rest: str, names: Names) -> None:
    if names.is_place(rest.lower()):
        found.places.append(names.place(rest.lower()) or rest)
    elif rest and not rest.startswith("-"):
        found.ref = rest
