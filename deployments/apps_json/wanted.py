"""What a file asks for: applications as they would be made, and what becomes of each key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Key:
    """One key of an app, where it stands, and what becomes of it."""

    name: str
    line: int
    kept: bool
    text: str


@dataclass(frozen=True)
class WantedHost:
    """A host as the file names it."""

    name: str
    address: str
    port: int
    user: str
    roles: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.name} ({self.user}@{self.address}:{self.port})"


@dataclass(frozen=True)
class WantedEnvironment:
    """An environment as it would be made. `contexts` None: the file leaves it open."""

    name: str
    production: bool
    url: str = ""
    contexts: tuple[str, ...] | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    hosts: tuple[WantedHost, ...] = ()


@dataclass(frozen=True)
class WantedApp:
    """An application as it would be made. With faults it is not made."""

    written: str  # as the file calls it
    line: int
    name: str
    location: str = ""
    way: str = ""  # one of providers.ways(); empty: the file names none that is known
    settings: Mapping[str, Any] = field(default_factory=dict)
    environments: tuple[WantedEnvironment, ...] = ()
    default_environment: str = ""
    token: str = field(default="", repr=False)
    auto_merge: bool = False  # where the repository can be written to
    keys: tuple[Key, ...] = ()
    faults: tuple[str, ...] = ()

    @property
    def renamed(self) -> bool:
        return self.written != self.name

    @property
    def kept(self) -> list[Key]:
        return [key for key in self.keys if key.kept]

    @property
    def dropped(self) -> list[Key]:
        return [key for key in self.keys if not key.kept]
