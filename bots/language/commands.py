"""What a line can mean. Plain values: nothing here has been looked up, allowed or done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True)
class Deploy:
    """`apps` names all of “deploy web,api”; `app` is the first. An app may be a repository's name
    (“acme/web”): then `app` is “acme” and `ref` “web”, until it is looked up."""

    app: str
    ref: str | None = None
    environment: str | None = None
    hosts: tuple[str, ...] = ()
    reason: str = ""
    task: str = "deploy"
    force: bool = False
    parameters: tuple[tuple[str, str], ...] = ()
    apps: tuple[str, ...] = ()  # all of them, where several are named
    when_green: bool = False  # as soon as its checks have passed
    link: str = ""  # the host in the address of a pull request that was said in place of an app


@dataclass(frozen=True)
class Retry:
    number: int | None = None


@dataclass(frozen=True)
class RetryFailedHosts:
    number: int | None = None


@dataclass(frozen=True)
class GoOn:
    """Let a deployment that is paused behind its first host go on."""

    number: int | None = None


@dataclass(frozen=True)
class Cancel:
    number: int | None = None


@dataclass(frozen=True)
class Approve:
    """Let a deployment begin that waits for somebody's word."""

    number: int | None = None


@dataclass(frozen=True)
class Reject:
    """End a deployment that waits for somebody's word."""

    number: int | None = None
    reason: str = ""


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
class WhichChecksFailed:
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


@dataclass(frozen=True)
class Plan:
    """Everything that would happen, and nothing done."""

    deploy: Deploy


@dataclass(frozen=True)
class DeployPlan:
    """Exactly what the plan with this code showed."""

    code: str


@dataclass(frozen=True)
class Promote:
    app: str
    source: str
    target: str


@dataclass(frozen=True)
class Lock:
    """`seconds`: how long; None until it is unlocked."""

    app: str | None = None
    environment: str | None = None
    seconds: int | None = None
    reason: str = ""


@dataclass(frozen=True)
class Unlock:
    app: str | None = None
    environment: str | None = None


@dataclass(frozen=True)
class Locks:
    pass


@dataclass(frozen=True)
class WhereCanIDeploy:
    app: str


@dataclass(frozen=True)
class WhereIs:
    """One of a commit (or ref) and a person's name without its “@”; `app` narrows a ref.

    `link`: the host in the address of a pull request that was said in their place.
    """

    ref: str | None = None
    person: str | None = None
    app: str | None = None
    link: str = ""


@dataclass(frozen=True)
class DeployStatus:
    app: str
    environment: str | None = None


@dataclass(frozen=True)
class Search:
    query: str


@dataclass(frozen=True)
class Link:
    """Ask for a one-time address; `word` is what the page showed, typed back."""

    word: str = ""


@dataclass(frozen=True)
class WhoAmI:
    pass


@dataclass(frozen=True)
class ForgetMe:
    pass


@dataclass(frozen=True)
class DeployToken:
    """Somebody speaks of a token in chat; `typed` where one may have been typed."""

    typed: bool = False


Command: TypeAlias = (
    Deploy
    | Retry
    | RetryFailedHosts
    | GoOn
    | Cancel
    | Approve
    | Reject
    | Rollback
    | Status
    | Deploys
    | Why
    | WhichChecksFailed
    | Diff
    | Log
    | Show
    | Help
    | Version
    | Yes
    | No
    | Plan
    | DeployPlan
    | Promote
    | Lock
    | Unlock
    | Locks
    | WhereCanIDeploy
    | WhereIs
    | DeployStatus
    | Search
    | Link
    | WhoAmI
    | ForgetMe
    | DeployToken
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
class TooLong:
    """Said to the bot, and longer than any line of it can be; read no further, and not done."""

    letters: int
    suggestions: tuple[str, ...] = ()


@dataclass(frozen=True)
class NotYet:
    """A line of the language whose time has not come; `what` is the word that says so."""

    what: str


Parsed: TypeAlias = Command | NotACommand | NearMiss | TooLong | NotYet
