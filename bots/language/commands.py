"""What a line can mean. Plain values: nothing here has been looked up, allowed or done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True)
class Deploy:
    app: str
    ref: str | None = None
    environment: str | None = None
    hosts: tuple[str, ...] = ()
    reason: str = ""
    task: str = "deploy"
    force: bool = False
    parameters: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Retry:
    number: int | None = None


@dataclass(frozen=True)
class Cancel:
    number: int | None = None


@dataclass(frozen=True)
class Rollback:
    app: str | None = None
    environment: str | None = None
    to: int | None = None


@dataclass(frozen=True)
class Status:
    app: str | None = None
    environment: str | None = None


@dataclass(frozen=True)
class Deploys:
    app: str
    ref: str | None = None
    environment: str | None = None


@dataclass(frozen=True)
class Why:
    app: str | None = None
    environment: str | None = None


@dataclass(frozen=True)
class Diff:
    app: str | None = None
    environment: str | None = None
    other: str | None = None


@dataclass(frozen=True)
class Log:
    number: int | None = None
    host: str | None = None


@dataclass(frozen=True)
class Show:
    number: int | None = None


@dataclass(frozen=True)
class Help:
    word: str | None = None


@dataclass(frozen=True)
class Version:
    pass


@dataclass(frozen=True)
class Yes:
    """The bot's newest question here, or the one with this code, which its button says."""

    code: str = ""


@dataclass(frozen=True)
class No:
    code: str = ""


Command: TypeAlias = (
    Deploy
    | Retry
    | Cancel
    | Rollback
    | Status
    | Deploys
    | Why
    | Diff
    | Log
    | Show
    | Help
    | Version
    | Yes
    | No
)


@dataclass(frozen=True)
class NotACommand:
    """Talk among people: no answer; in a deployment's thread, a comment."""


@dataclass(frozen=True)
class NearMiss:
    """Said to the bot, but not understood; nothing happens."""

    understood: str
    problem: str
    explanation: str
    suggestions: tuple[str, ...]


@dataclass(frozen=True)
class NotYet:
    """A line of the language whose time has not come; `what` is the word that says so."""

    what: str


Parsed: TypeAlias = Command | NotACommand | NearMiss | NotYet
