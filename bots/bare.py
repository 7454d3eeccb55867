"""Lines without the bot's name in a room of the built-in chat: which of them are meant for it?

A room is for talk as well. Words that hardly begin a sentence among people (“deploy”) are answered
even where the line does not parse; words such as “why” or “show” only where what follows them is
known here.
"""

from __future__ import annotations

import re
from functools import partial

from bots import tongue
from bots.language import commands
from bots.language.clauses import NUMBER, SMALL_WORDS
from bots.language.known import ASKED
from bots.language.nearest import distance, nearest
from bots.language.synonyms import SYNONYMS
from bots.language.text import LONGEST
from bots.language.words import split
from bots.naming import names_for
from bots.speaker import Speaker
from deployments import lines
from deployments.selectors import lookup

STRONG = (
    "deploy", "deploys", "deployments", "rollback", "retry", "promote", "deploy-status", "wcid",
    "freezes",
)  # fmt: skip
WEAK = (
    "cancel", "status", "diff", "why", "log", "show", "help", "plan", "search", "lock", "unlock",
    "locks", "link", "steal", "queue", "auto-deploy", "freeze", "unfreeze", "changed", "graph",
)  # fmt: skip
COUNTED = ("approve", "reject", "where")
# Words that stand for a verb, and begin a sentence among people as well.
TALKATIVE = frozenset(
    ["who", "when", "what", "what's", "whats", "which", "is", "where", "hi", "hello", "hey",
     "state", "open", "find", "again", "free", "hold", "recent", "output", "info", "details"]
)  # fmt: skip
POLITE = frozenset(
    ["please", "pls", "plz", "bitte", "can", "could", "would", "you", "hey", "hi", "ok", "🚀"]
)
SHORTEST = 4  # fewer letters are the beginning of too many words
FIELD = re.compile(r"(app|env|state|by|since|ref|sha):\S")
SHA = re.compile(r"[0-9a-f]{6,40}")
GRAPH = re.compile(r"graph (me|list|search|show|-[0-9]+[smhdw]|[\w*]+[.(]\S)")
TALK = commands.NotACommand()


def meant(text: str, speaker: Speaker) -> commands.Parsed:
    """Return what the line means to the bot; NotACommand for talk among people."""
    parsed = tongue.read(text, known=partial(names_for, speaker.person, speaker.deployment))
    match parsed:
        case commands.NotACommand():
            return TALK
        case commands.NearMiss() | commands.NotYet() | commands.TooLong():
            return parsed if _is_nearly_a_line(text, parsed, speaker) else TALK
        case _:
            return parsed if _names_something(parsed, speaker) else TALK


def _names_something(command: commands.Command, speaker: Speaker) -> bool:
    """Return whether a line that parses is about something that is here."""
    match command:
        case commands.Yes(code=code) | commands.No(code=code):
            return bool(code)  # nobody was asked here: without the code of a question it is talk
        case commands.Help(word=str(word)):
            return word in _strong() or word in WEAK
        case (
            commands.Log(number=number)
            | commands.Show(number=number)
            | commands.GoOn(number=number)
            | commands.Approve(number=number)
            | commands.Reject(number=number)
        ):
            return number is not None
        case commands.Status(app=None):
            return True
        case (
            commands.Status(app=app)
            | commands.Why(app=app)
            | commands.Diff(app=app)
            | commands.WhichChecksFailed(app=app)
        ):
            return app is not None and _is_known(app, speaker)
        case _:
            return _is_no_talk(command, speaker)


def _is_no_talk(command: commands.Command, speaker: Speaker) -> bool:
    """Return whether a line that begins with an ordinary word is about something that is here."""
    match command:
        case commands.Link(word=word) if word:
            return False
        case commands.Deploy(app=app, environment=None) if tongue.verb() != "deploy":
            return _is_nearly_an_app(app, speaker)  # “ship it!” is said among people
        case commands.Lock(app=None) | commands.Unlock(app=None):
            return False
        case commands.Lock(app=app) | commands.Unlock(app=app):
            return app is not None and _is_known(app, speaker)
        case commands.Plan(deploy=shown):
            return any(_is_known(word, speaker) for word in (shown.app, shown.environment or ""))
        case commands.Search(query=query):
            return bool(FIELD.match(query)) or query.startswith('"')
        case commands.WhereIs(ref=ref, person=person, app=app):
            is_plain = bool(person or SHA.fullmatch(ref or ""))
            is_pull_request = "#" in (ref or "")  # acme/web#12
            if app:
                return is_pull_request or _is_app(app, speaker)
            return is_plain or _is_a_ref(ref or "", speaker)
        case _:
            return True


def _is_nearly_a_line(text: str, parsed: commands.Parsed, speaker: Speaker) -> bool:
    words = _from_its_verb([word.plain.lower() for word in split(text[:LONGEST])])
    first = words[0].lstrip("/.!\"'").partition(":")[0].rstrip("!") if words else ""
    if first in _strong() and (len(words) > 1 or first == text.lower().lstrip("/.!")):
        return True
    if isinstance(parsed, commands.NearMiss) and _is_misspelt(first, text):
        return True
    if isinstance(parsed, commands.NotYet) and set(" #") & set(parsed.what):
        return True
    if isinstance(parsed, commands.NotYet) and GRAPH.match(" ".join(words)):
        return True
    if words[:3] == ["where", "can", "i"]:
        return True
    said = [word.strip("?.,!:;") for word in words[1:] if word not in SMALL_WORDS]
    follows = said[0] if said else ""
    if first in WEAK or first in COUNTED:
        return _is_known(follows, speaker)
    is_verb = first in SYNONYMS and first not in TALKATIVE
    return is_verb and (follows.startswith("#") or _is_app(follows, speaker))


def _from_its_verb(words: list[str]) -> list[str]:
    """Return the words without what politely comes before: “please”, “can you”, “- ”."""
    at = 0
    while at < len(words) and (words[at] in POLITE or not words[at].strip("1234567890.>-*$•")):
        at += 1
    is_asked = any(word in POLITE for word in words[:at])
    rest = words[at:]
    return words if is_asked and rest and rest[0] not in _strong() else rest


def _is_misspelt(first: str, text: str) -> bool:
    """Return whether another verb in its place makes a line of it, whatever it names."""
    miss = tongue.read(text)
    lines = miss.suggestions if isinstance(miss, commands.NearMiss) else ()
    mended = any(line.split()[0] in _strong() for line in lines)
    return mended and len(first) >= SHORTEST and bool(nearest(first, _strong()))


def _strong() -> list[str]:
    """Return the words that hardly begin talk, the team's own among them."""
    return list(dict.fromkeys([*STRONG, *map(lines.spoken, STRONG)]))


def _is_nearly_an_app(name: str, speaker: Speaker) -> bool:
    names = lookup.applications_for(speaker.person).values_list("name", flat=True)
    return name in names or bool(nearest(name, names))


def _is_known(word: str, speaker: Speaker) -> bool:
    """Return whether a word is, or very nearly is, something here, or a number."""
    if NUMBER.fullmatch(word):
        return True
    names = names_for(speaker.person)
    said = [part for part in word.split("/")[0].split(",") if part]
    near = [name for name in (*names.apps, *names.places) for part in said if _is_near(part, name)]
    return bool(near) or any(names.is_place(part) for part in said)


def _is_near(word: str, name: str) -> bool:
    return word == name or (len(word) >= SHORTEST - 1 and distance(word, name) <= 1)


def _is_a_ref(word: str, speaker: Speaker) -> bool:
    names = names_for(speaker.person)
    return any(word in (names.refs(app) or ()) for app in [*names.apps][:ASKED])


def _is_app(name: str, speaker: Speaker) -> bool:
    return lookup.applications_for(speaker.person).filter(name=name.lower()).exists()
