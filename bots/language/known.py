"""Suggestions that name only what there is for the person who spoke.

The words of a line that was not understood are sorted into a verb, applications, environments and
at most one other word, and put in the order in which they are understood.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from bots.language.clauses import DURATION, PLACE_WORDS, SMALL_WORDS
from bots.language.commands import Command, Plan
from bots.language.nearest import nearest
from bots.language.repair import FILLERS
from bots.language.words import Word, split

Words = tuple[Word, ...]
ANNOUNCING = (*PLACE_WORDS, "into", "onto")
FLAG = re.compile(r"-[a-zA-Z]")
PARAMETER = re.compile(r"[A-Z_a-z][0-9A-Z_a-z]*=.*")
SIGNS = "?.,!:;()[]{}\"'`*_"
IDLE = FILLERS | {
    "a", "an", "can", "could", "you", "we", "i", "is", "it", "my", "app", "branch", "env",
    "environment", "with", "via", "into", "onto", "me", "this", "that", "do", "does", "are",
    "will", "would", "should", "let's", "lets", "us", "go", "going", "want", "need", "--", "-",
    "->", "=>", ">", "was", "did", "version", "tag", "right", "there", "here",
    "deployed", "running", "runs", "live", "last", "what", "who", "which", "when",
    "until", "till", "back", "deploy", "plan",
}  # fmt: skip
SYNONYMS = {
    "ship": "deploy", "release": "deploy", "push": "deploy", "publish": "deploy",
    "redeploy": "deploy",
    "launch": "deploy", "depoly": "deploy", "deployment": "deploy", "undo": "rollback",
    "revert": "rollback", "roll": "rollback", "re-deploy": "deploy", "what's": "status",
    "whats": "status", "forget": "forget me", "where": "where can i deploy",
    "rollbacks": "rollback", "restart": "retry",
    "rerun": "retry", "again": "retry", "stop": "cancel", "abort": "cancel", "kill": "cancel",
    "halt": "cancel", "history": "deploys", "recent": "deploys", "claim": "lock", "hold": "lock",
    "reserve": "lock", "release-lock": "unlock", "free": "unlock", "what": "status",
    "who": "deploys", "which": "status", "compare": "diff", "changes": "diff", "find": "search",
    "dryrun": "plan", "dry-run": "plan", "preview": "plan", "noop": "plan", "logs": "log",
    "tail": "log", "info": "show", "details": "show", "whoami": "who am i", "wtf": "why",
    "blocked": "why", "commands": "help", "?": "help", "man": "help", "usage": "help",
}  # fmt: skip
TWO_PLACES = ("promote", "diff")
WITH_REF = ("deploy", "plan", "deploys")
ABOUT_AN_APP = (
    "deploy", "plan", "deploys", "rollback", "promote", "status", "why", "diff", "lock", "unlock",
    "where can i deploy", "deploy-status",
)  # fmt: skip
MOST = 3


@dataclass(frozen=True)
class Names:
    """What a person may see: the environments of each application by name and by alias."""

    apps: Mapping[str, Sequence[str]]
    aliases: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def places(self) -> list[str]:
        return list(dict.fromkeys(name for names in self.apps.values() for name in names))

    def place(self, word: str) -> str | None:
        """Return the environment that the word names, or nearly names."""
        if word in self.places:
            return word
        if self.aliases.get(word) in self.places:
            return self.aliases[word]
        return next(iter(nearest(word, self.places, 1)), None)

    def app(self, word: str) -> str | None:
        return word if word in self.apps else next(iter(nearest(word, self.apps, 1)), None)

    def is_place(self, word: str) -> bool:
        return word in self.places or self.aliases.get(word) in self.places


@dataclass
class Sorted:
    """The words of a line by what they may have meant."""

    apps: list[str] = field(default_factory=list)
    places: list[str] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    ref: str = ""
    duration: str = ""
    goes: bool = False  # a place was announced
    parameters: list[str] = field(default_factory=list)
    reason: str = ""


def exists(command: Command, names: Names) -> bool:
    """Return whether everything that a line names is there."""
    if isinstance(command, Plan):
        return exists(command.deploy, names)
    app = getattr(command, "app", None)
    asked = [*(getattr(command, "apps", ()) or ()), app]
    apps = [name for name in asked if name is not None]
    if not all(name in names.apps for name in apps):
        return False
    parts = ("environment", "other", "source", "target")
    said = [place for part in parts if (place := getattr(command, part, None))]
    places = set(names.apps[app]) if app else set(names.places)
    return all(place in places or names.aliases.get(place) in places for place in said)


def assembled(words: Words, verb: str, head: str, names: Names) -> Iterator[str]:
    """Return lines of this verb with the names that the words hold, in the right order.

    `head`: the verb as it was said, with its task and its “!”.
    """
    if verb not in ABOUT_AN_APP:
        return
    found = _sorted(words, names)
    if len(found.others) > (verb in WITH_REF and not found.ref):
        return
    found.ref = found.ref or "".join(found.others)
    if verb == "status" and not found.apps:
        yield from (f"status in {place}" for place in found.places)
        return
    if verb == "deploy" and len(found.apps) > 1:
        yield from _together(head, found, names)
    for app in found.apps[:MOST] or _apps_with(found.places, names):
        own = list(names.apps[app])
        places = [place for place in found.places if place.partition("/")[0] in own]
        if not places and (found.goes or found.places):
            places = own[:MOST]
            if not places:
                continue  # nothing may be offered that forgets the place
        yield from _lines(verb, head, app, places, found)


def _together(head: str, found: Sorted, names: Names) -> Iterator[str]:
    """Return lines for several applications at once, in places that all of them have."""
    apps = ",".join(found.apps)
    for place in found.places:
        if all(place in names.apps[app] for app in found.apps):
            yield " ".join([head, apps, "to", place, *found.parameters])


def placed(line: str, names: Names) -> list[str]:
    """Return lines for one that names an environment where an application belongs."""
    words = split(line)
    if len(words) != 2 or not names.is_place(words[1].plain.lower()):
        return []
    head = words[0].plain
    return list(assembled(words[1:], re.split("[:!]", head)[0], head, names))


def example(text: str, words: Words, names: Names) -> str:
    """Return an example of the table with names that are there, and the app that was named."""
    if not names.apps:
        return "help"
    app = next(iter(_sorted(words, names).apps), "") or next(
        (app for app, own in names.apps.items() if own), next(iter(names.apps))
    )
    places = names.apps[app]
    safe = [place for place in places if place != "production"] or list(places)
    said = []
    for word in text.split():
        if word.split("/")[0] == "web":
            said.append(app)
        elif word in ("staging", "qa", "production"):
            said.append(word if word in places else (safe or [word])[0])
        else:
            said.append(word)
    return " ".join(said)


def _lines(verb: str, head: str, app: str, places: list[str], found: Sorted) -> Iterator[str]:
    if verb == "promote":
        if len(places) == 2:
            yield f"promote {app} from {places[0]} to {places[1]}"
    elif verb == "diff" and len(places) == 2:
        yield f"diff {app} {places[0]} {places[1]}"
    elif verb == "where can i deploy":
        yield f"{verb} {app}"
    else:
        yield from _placed_lines(verb, head, app, places, found)


def _placed_lines(
    verb: str, head: str, app: str, places: list[str], found: Sorted
) -> Iterator[str]:
    acts = verb in ("deploy", "plan")
    target = f"{app}/{found.ref}" if found.ref and verb in WITH_REF else app
    rest = [*found.parameters] if acts else []
    if verb == "lock" and found.duration:
        rest.append(f"for {found.duration}")
    if found.reason and (acts or verb == "lock"):
        rest.append(f"because {found.reason}")
    start = f"{head if acts else verb} {target}"
    if not places:
        yield " ".join([start, *rest])
    for place in places[:MOST]:
        yield " ".join([start, "to" if acts else "in", place, *rest])


def _sorted(words: Words, names: Names) -> Sorted:
    found = Sorted()
    plain = [word.plain for word in words]
    for index, word in enumerate(plain):
        if word.lower() == "because":
            found.reason = " ".join(word.typed for word in words[index + 1 :])
            break
        is_announced = index > 0 and plain[index - 1].lower() in ANNOUNCING
        found.goes |= word.lower() in ANNOUNCING
        if not is_announced or _sort_place(found, word, names):
            _sort(found, word, names)
    found.apps = list(dict.fromkeys(found.apps))
    found.places = list(dict.fromkeys(found.places))
    return found


def _sort_place(found: Sorted, typed: str, names: Names) -> bool:
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
    if FLAG.fullmatch(typed):
        return
    word = typed.strip(SIGNS)
    low = word.lower().lstrip("@#-")
    if not low or low in IDLE or low in SMALL_WORDS:
        return
    if len(found.others) > 1 and low not in names.apps:
        return  # a line of so many unknown words is not put in order any more
    if PARAMETER.fullmatch(word) and word.partition("=")[0].lower() not in names.apps:
        found.parameters.append(word)
    elif not _sort_divided(found, word, names):
        _sort_whole(found, word, low, names)


def _sort_divided(found: Sorted, word: str, names: Names) -> bool:
    """Sort APP/REF and ENV/HOSTS, and what people write for them."""
    for sign in "/@:#=":
        head, divided, rest = word.lstrip("@").partition(sign)
        if divided and head.lower() in names.apps:
            found.apps.append(head.lower())
            _sort_rest(found, rest, names)
            return True
        if divided and sign == "/" and names.is_place(head.lower()):
            found.places.append(f"{names.place(head.lower())}/{rest}")
            return True
    return False


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


def _apps_with(places: list[str], names: Names) -> list[str]:
    """Return the applications that have all of these environments."""
    return [app for app, own in names.apps.items() if set(places) <= set(own)][:MOST]
