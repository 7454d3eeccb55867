"""Suggestions that name only what there is for the person who spoke.

The words of a line that was not understood are sorted into a verb, applications, environments and
a ref, and put in the order in which they are understood.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from bots.language.clauses import NUMBER, NUMBERED
from bots.language.names import SHA, Names
from bots.language.nearest import nearest
from bots.language.repair import RISKY, is_a_slip
from bots.language.sorting import Sorted
from bots.language.words import Word
from deployments.lines import named

ABOUT_A_NUMBER = ("retry", "retry failed hosts", "go on", "cancel", "approve", "log", "show")
WITH_REF = ("deploy", "plan", "deploys")
ABOUT_AN_APP = (
    "deploy", "plan", "deploys", "rollback", "promote", "status", "why", "diff", "lock", "unlock",
    "where can i deploy", "deploy-status",
)  # fmt: skip
MOST = 3
ASKED = 20  # applications that are asked for a ref
STEM = 4  # letters that two forms of a word have in common


def assembled(
    found: Sorted, verb: str, head: str, names: Names, *, loose: bool = False
) -> Iterator[str]:
    """Return lines of this verb with the names that were found, in the right order.

    `head`: the verb as it was said, with its task and its “!”. `loose`: those, and only those,
    that leave out a word that means nothing here.
    """
    if verb not in ABOUT_AN_APP:
        return
    asked = _apps(verb, found, names)
    is_used = verb in WITH_REF and any(ref for _, refs in asked for ref in refs)
    if loose != (bool(found.others) and not is_used):
        return
    if verb == "status" and not found.apps:
        yield from (f"status in {place}" for place in found.places)
        return
    if verb == "deploy" and len(found.apps) > 1:
        yield from _together(head, found, names)
    for app, refs in asked:
        own = list(names.apps[app])
        places = [place for place in found.places if place.partition("/")[0] in own]
        forgets = found.others and verb in RISKY and not any(refs)
        if not places and (found.goes or found.places or forgets):
            places = own[:MOST]
            if not places:
                continue  # nothing may be offered that forgets the place
        for ref in refs:
            yield from _lines(verb, head, app, places, replace(found, ref=ref), own)


def tasked(word: str, found: Sorted, verb: str, names: Names) -> Iterator[str]:
    """Return lines that run a task which a word in place of the verb may name: migrate web."""
    for app in found.apps or _apps_with(found.places, names)[:ASKED]:
        for task in names.tasks(app):
            if may_name(word, task):
                yield from assembled(replace(found, apps=[app]), "deploy", f"{verb}:{task}", names)


def may_name(word: str, task: str) -> bool:
    """Return whether two words are one in another form: migrate, migrations."""
    stem = max(STEM, min(len(word), len(task)) - 1)
    is_same = min(len(word), len(task)) >= STEM and word[:stem] == task[:stem]
    return is_same or bool(nearest(word, [task]))


def numbered(found: Sorted, verb: str, names: Names) -> list[str]:
    """Return lines of this verb with the numbers of deployments that may be meant."""
    if verb not in ABOUT_A_NUMBER:
        return []
    said = [word.removeprefix("#") for word in found.others if NUMBER.fullmatch(word)]
    if len(said) == 1 and int(said[0]) <= max(names.numbers("show", None, None), default=0):
        return [f"{verb} #{said[0]}"]
    app, place = (next(iter(known), None) for known in (found.apps, found.places))
    return [f"{verb} #{number}" for number in names.numbers(verb, app, place)[:MOST]]


def about(word: Word, names: Names) -> list[str]:
    """Return lines about a word alone: a deployment's number, or a commit."""
    number = word.plain.removeprefix("#")
    if NUMBER.fullmatch(word.plain):
        newest = max(names.numbers("show", None, None), default=0)
        return [f"show #{number}"] if int(number) <= newest else []
    return [f"where is {word.plain}"] if SHA.fullmatch(word.plain.lower()) else []


def _apps(verb: str, found: Sorted, names: Names) -> list[tuple[str, list[str]]]:
    """Return the applications that may be meant, each with the refs of it that may be.

    Where no application was named, the ones that have the ref go before the others.
    """
    if verb not in WITH_REF:
        return [(app, [""]) for app in found.apps[:MOST] or _apps_with(found.places, names)[:MOST]]
    apps = found.apps[:MOST] or _apps_with(found.places, names)[:ASKED]
    with_refs = [(app, _refs(app, found, names)) for app in apps]
    having = [(app, refs) for app, refs in with_refs if any(refs)]
    return (with_refs if found.apps else having or with_refs)[:MOST]


def _refs(app: str, found: Sorted, names: Names) -> list[str]:
    """Return the branches, tags and commits that the words may mean; an empty one is none."""
    others = [word for word in found.others if not NUMBERED.fullmatch(word)]
    said = [found.ref] if found.ref else others
    if not said:
        return [""]
    if names.refs(app) is None:
        return _guessed(said) if found.apps else [""]
    for word in said:
        if names.is_ref(app, word):
            return [word]
    near = [ref for word in said for ref in names.near_refs(app, word)]
    return near[:2] or [found.ref]


def _guessed(said: list[str]) -> list[str]:
    """Return the one word that may be a ref; a slip for “to” may be none."""
    if len(said) > 1:
        return [""]
    return ["", *said] if is_a_slip(said[0]) else said


def _together(head: str, found: Sorted, names: Names) -> Iterator[str]:
    """Return lines for several applications at once, in places that all of them have."""
    apps = ",".join(found.apps)
    for place in found.places:
        if all(place in names.apps[app] for app in found.apps):
            green = ["when green"] if found.green else []
            yield " ".join([head, apps, "to", place, *found.parameters, *green])


def example(text: str, found: Sorted, names: Names) -> str:
    """Return an example of the table with names that are there, and the app that was named."""
    if not names.apps:
        return "help"
    app = next(iter(found.apps), "") or next(
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


def _lines(
    verb: str, head: str, app: str, places: list[str], found: Sorted, own: list[str]
) -> Iterator[str]:
    if verb == "promote":
        for one, other in _ways(places, found, own):
            yield f"promote {app} from {one} to {other}"
    elif verb == "diff" and len(places) == 2:
        yield f"diff {app} {places[0]} {places[1]}"
    elif verb == "where can i deploy":
        yield f"{verb} {app}"
    else:
        yield from _placed_lines(verb, head, app, places, found)


def _ways(places: list[str], found: Sorted, own: list[str]) -> list[tuple[str, str]]:
    """Return from where to where; one end alone is joined by the others of the application."""
    if len(places) == 2:
        one, other = places if found.source != places[1] else reversed(places)
        return [(one, other)]
    if len(places) != 1:
        return []
    here = places[0]
    others = [place for place in own if place != here]
    if found.source == here:
        return [(here, other) for other in others]
    return [(other, here) for other in others]


def _placed_lines(
    verb: str, head: str, app: str, places: list[str], found: Sorted
) -> Iterator[str]:
    acts = verb in ("deploy", "plan")
    target = named(app, found.ref) if found.ref and verb in WITH_REF else app
    rest = [*found.parameters, *(["when green"] if found.green else [])] if acts else []
    if verb == "lock" and found.duration:
        rest.append(f"for {found.duration}")
    if found.reason and (acts or verb == "lock"):
        rest.append(f"because {found.reason}")
    start = f"{head if acts else verb} {target}"
    if not places:
        yield " ".join([start, *rest])
    for place in places[:MOST]:
        yield " ".join([start, "to" if acts else "in", place, *rest])


def _apps_with(places: list[str], names: Names) -> list[str]:
    """Return the applications that have all of these environments."""
    wanted = {place.partition("/")[0] for place in places}
    return [app for app, own in names.apps.items() if wanted <= set(own)]
