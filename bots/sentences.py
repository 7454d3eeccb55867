"""A deployment in one sentence, the same in chat, page and mail. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bots.messages import Code, Link, Part, Parts, Strong, Text, link, phrase
from deployments.durations import duration


@dataclass(frozen=True, kw_only=True)
class DeploymentView:
    """What may be told about a deployment; `state` is the word that its look has."""

    number: int
    app: str
    environment: str
    state: str
    who: str
    asker: str = ""  # the name that who asked for it signs in with
    ref: str = ""
    sha: str = ""
    kind: str = "deploy"
    task: str = "deploy"
    parameters: str = ""  # as they are typed
    forced: bool = False
    forced_past: tuple[str, ...] = ()
    parent: int | None = None
    why: str = ""
    note: str = ""  # the reason of a state, as a sentence
    lots: tuple[str, ...] = ()  # how it went host by host, where it was done in part
    stopped_by: str = ""
    needs_approval: bool = False
    hosts: int = 0
    seconds: float | None = None
    repository: str = ""
    previous: int | None = None
    previous_sha: str = ""
    url: str = ""
    log_url: str = ""
    broke_at: int = 0  # the line of its log to look at first
    app_url: str = ""
    environment_url: str = ""
    repository_url: str = ""
    ref_url: str = ""  # of a pull request
    commit_url: str = ""
    previous_url: str = ""
    diff_url: str = ""

    @property
    def is_task(self) -> bool:
        """Return whether it ran something in the release that was there, and released nothing."""
        return self.task != "deploy"

    @property
    def title(self) -> str:
        return f"{self.app}/{self.environment} #{self.number}"


DONE: Mapping[str, str] = {"deploy": "deployed", "rollback": "rolled back", "promote": "promoted"}
NOUN: Mapping[str, str] = {"retry": "retry", "rollback": "rollback", "promote": "promotion"}
ENDS: Mapping[str, str] = {
    "waiting": "is waiting",
    "queued": "is queued",
    "running": "is running",
    "paused": "is paused",
    "cancelling": "is being cancelled",
    "lost": "is running, but its worker was lost",
    "partly": "was done on some hosts only",
    "failed": "failed",
    "timeout": "timed out",
    "error": "could not be done",
    "cancelled": "was cancelled",
}
UNFINISHED = frozenset(("waiting", "queued", "running", "paused", "cancelling", "lost"))


def short(sha: str) -> str:
    return sha[:7]


def sentence(view: DeploymentView) -> Parts:
    """Say who did what, where, and how it went."""
    if view.state not in ENDS:
        return _done(view)
    subject = phrase(Strong(view.who), f"’s {_noun(view)} of ")
    with_ = _parameters(view)
    return (*subject, *_what(view), *_to(view), *phrase(with_, f" {_end(view)}", *_note(view)))


def started(view: DeploymentView) -> Parts:
    """Say that it has begun, as the head of a thread's activities does."""
    doing = "rolling back" if view.kind == "rollback" else "deploying"
    if view.is_task:
        doing = f"{view.task} of"
    again = " again" if view.kind == "retry" else ""
    return phrase(f"Started {doing} ", Strong(view.app), *_to(view), _parameters(view), again)


def commit(view: DeploymentView) -> Part:
    """Name the commit, or what was asked for where it is not known yet."""
    if not view.sha:
        return Code(view.ref)
    return Link(short(view.sha), view.commit_url) if view.commit_url else Code(short(view.sha))


def named(view: DeploymentView) -> Part | None:
    """Name what was asked for; a pull request with its page."""
    if view.ref_url:
        return Link(view.ref, view.ref_url)
    return Code(view.ref) if view.ref else None


def _done(view: DeploymentView) -> Parts:
    verb = f"ran {view.task} of" if view.is_task else DONE.get(view.kind, "deployed")
    retried = f", a retry of #{view.parent}" if view.kind == "retry" and view.parent else ""
    said = phrase(Strong(view.who), f" {verb} ", *_what(view), *_to(view))
    return (*said, *phrase(_parameters(view), _took(view), _hosts(view), retried))


def _what(view: DeploymentView) -> Parts:
    version = commit(view)
    gap = (" to " if view.kind == "rollback" else " ") if version.text else ""
    return phrase(link(view.app, view.app_url), gap, version)


def _to(view: DeploymentView) -> Parts:
    where = link(view.environment, view.environment_url)
    return (Text(" in " if view.kind == "rollback" or view.is_task else " to "), where)


def _noun(view: DeploymentView) -> str:
    return view.task if view.is_task else NOUN.get(view.kind, "deployment")


def _parameters(view: DeploymentView) -> str:
    """Say what else was asked for: parameters, and to go past checks."""
    given = f" with {view.parameters}" if view.parameters else ""
    past = "; ".join(view.forced_past) or "its checks"
    return f"{given}, forced past {past}" if view.forced else given


def _end(view: DeploymentView) -> str:
    by = f" by {view.stopped_by}" if view.state == "cancelled" and view.stopped_by else ""
    after = "" if view.state in UNFINISHED else _took(view, "after")
    return f"{ENDS[view.state]}{by}{after}"


def _note(view: DeploymentView) -> tuple[str, ...]:
    return (": ", view.note.rstrip(".")) if view.note else ()


def _took(view: DeploymentView, word: str = "in") -> str:
    return "" if view.seconds is None else f" {word} {duration(view.seconds)}"


def _hosts(view: DeploymentView) -> str:
    if not view.hosts:
        return ""
    return f" ({view.hosts} {'host' if view.hosts == 1 else 'hosts'})"
