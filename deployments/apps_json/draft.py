"""An application while its keys are read one after the other."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from deployments.apps_json.names import called
from deployments.apps_json.reading import Part
from deployments.apps_json.wanted import Key, WantedEnvironment, WantedHost

SHOWN = 80


@dataclass
class Draft:
    """What is known of it so far."""

    members: dict[str, Part]
    place: str  # where repositories are of which only owner and name are known
    location: str = ""
    token: str = ""
    auto_merge: bool = False
    way: str = ""
    settings: dict[str, Any] = field(default_factory=dict)
    environments: dict[str, WantedEnvironment] = field(default_factory=dict)  # as written → made
    keys: list[Key] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def take(self, name: str) -> Part | None:
        """Return a key that nobody has read yet."""
        return self.members.pop(name, None)

    def keep(self, name: str, part: Part, text: str) -> None:
        self.keys.append(Key(name, part.line, True, text))

    def drop(self, name: str, part: Part, text: str) -> None:
        self.keys.append(Key(name, part.line, False, text))

    def refuse(self, name: str, part: Part, text: str) -> None:
        """Note what keeps the application from being made."""
        self.faults.append(f"Line {part.line}: “{name}” {text}")

    def named(self, written: str) -> str:
        """Return what the environment of this name is called in the file; empty: none."""
        if written in self.environments:
            return written
        name = called(written)
        return next((key for key, made in self.environments.items() if made.name == name), "")

    def change(self, written: str, **values: Any) -> None:
        self.environments[written] = replace(self.environments[written], **values)

    def say(self, written: str, settings: dict[str, Any]) -> None:
        """Let an environment have settings of its own."""
        self.change(written, settings={**self.environments[written].settings, **settings})

    def place_hosts(self, written: str, hosts: list[WantedHost]) -> None:
        found = (*self.environments[written].hosts, *hosts)
        self.change(written, hosts=tuple(dict.fromkeys(found)))


def shown(value: Any) -> str:
    """Write a value, or as much of it as fits into a sentence."""
    text = str(value)
    return f"“{text}”" if len(text) <= SHOWN else f"“{text[:SHOWN]}…”"
