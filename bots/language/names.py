"""What a person may see, as a line that was not understood may have meant it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from bots.language.clauses import NUMBERED
from bots.language.commands import Command, Deploy, Deploys, Plan
from bots.language.nearest import nearest

SHA = re.compile(r"(?=.*[0-9])[0-9a-f]{5,40}|[0-9a-f]{40}")
EXPLICIT = ("refs/heads/", "refs/tags/")
Refs = Callable[[str], "Sequence[str] | None"]
Numbers = Callable[[str, str | None, str | None], Sequence[int]]
Tasks = Callable[[str], Sequence[str]]


def _unknown(app: str) -> None:
    return None


def _no_tasks(app: str) -> Sequence[str]:
    return ()


def _none(verb: str, app: str | None, place: str | None) -> Sequence[int]:
    return ()


@dataclass(frozen=True)
class Names:
    """The environments of each application by name and by alias.

    `refs`: asked for an application's branches and tags; None where they are not known.
    `numbers`: asked for the deployments that a verb may be about, newest first, by application
    and environment.
    `tasks`: asked for the tasks of an application.
    """

    apps: Mapping[str, Sequence[str]]
    aliases: Mapping[str, str] = field(default_factory=dict)
    refs: Refs = _unknown
    numbers: Numbers = _none
    tasks: Tasks = _no_tasks

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

    def is_ref(self, app: str, ref: str) -> bool:
        """Return whether the ref may be there; where none is known, any may be."""
        known = self.refs(app)
        if known is None or SHA.fullmatch(ref.lower()) or NUMBERED.fullmatch(ref):
            return True
        return ref.removeprefix(EXPLICIT[0]).removeprefix(EXPLICIT[1]) in known

    def near_refs(self, app: str, word: str) -> list[str]:
        """Return the branches and tags that may have been meant."""
        known = self.refs(app) or ()
        last = word.rpartition("/")[2]
        ends = [ref for ref in known if ref.lower() == last.lower() or ref.endswith(f"/{last}")]
        return list(dict.fromkeys([*ends, *nearest(word, known), *nearest(last, known)]))


def exists(command: Command, names: Names, said: str = "") -> bool:
    """Return whether everything that a line names is there, but for a ref that was said so."""
    if isinstance(command, Plan):
        return exists(command.deploy, names, said)
    app = getattr(command, "app", None)
    asked = [*(getattr(command, "apps", ()) or ()), app]
    apps = [name for name in asked if name is not None]
    return all(name in names.apps for name in apps) and (
        _are_places(command, app, names) and _are_refs(command, apps, names, said)
    )


def _are_places(command: Command, app: str | None, names: Names) -> bool:
    parts = ("environment", "other", "source", "target")
    said = [place for part in parts if (place := getattr(command, part, None))]
    places = set(names.apps[app]) if app else set(names.places)
    known = [place if place in places else names.aliases.get(place) for place in said]
    return all(place in places for place in known) and len(set(known)) == len(known)


def _are_refs(command: Command, apps: Sequence[str], names: Names, said: str) -> bool:
    ref = command.ref if isinstance(command, Deploy | Deploys) else None
    if not ref or any(f"{sign}{ref}".lower() in said.lower() for sign in "/@"):
        return True
    return all(names.is_ref(app, ref) for app in apps)
