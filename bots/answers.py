"""The bot's answers to questions, composed from plain values. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bots.messages import Code, Link, Message, Part, Parts, Strong, Table, Time, link, phrase
from bots.sayings import CommitLine, Versions, mixed
from bots.sentences import DeploymentView, sentence, short


@dataclass(frozen=True, kw_only=True)
class Sighting:
    """How a commit stands in one environment. `number` is what brought, took or brings it."""

    environment: str
    url: str
    how: str  # live, gone, coming, waiting, nothing
    hosts: int = 0
    of: int = 0
    since: str = ""
    since_at: str = ""
    number: int | None = None
    number_url: str = ""
    behind: int = 0
    odd: tuple[str, ...] = ()  # what hosts say against the record


@dataclass(frozen=True, kw_only=True)
class Standpoint:
    """An environment, what runs there, and what keeps the person who asks from deploying."""

    environment: str
    url: str
    sha: str = ""
    ref: str = ""
    versions: Versions = ()
    reasons: tuple[str, ...] = ()
    waits: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Gap:
    """How far what runs in an environment is from the default branch."""

    environment: str
    url: str
    sha: str = ""
    versions: Versions = ()
    branch: str = ""
    ahead: int = 0  # commits that are not out
    behind: int = 0  # commits that run and are not on the branch
    authors: tuple[str, ...] = ()
    diff_url: str = ""
    trouble: str = ""
    odd: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Stop:
    """Where a search stopped whose time was over: `at` is empty if it did not come anywhere."""

    at: str
    exactly: str
    url: str


def where_is(app: str, commit: CommitLine, found: Sequence[Sighting]) -> Message:
    """Say of each environment whether the commit is live, was taken back, or waits."""
    author = f" by {commit.author}" if commit.author else ""
    subject = f" “{commit.subject}”" if commit.subject else ""
    said = phrase(Strong(app), " ", link(short(commit.sha), commit.url), f"{subject}{author}:")
    state = "success" if found and all(one.how == "live" for one in found) else "waiting"
    if not found:
        return Message(parts=(*said, *phrase(" it has no environment yet.")))
    return Message(
        state=state, parts=said, items=tuple((*_sighting(one), *_odd(one.odd)) for one in found)
    )


def several(items: Sequence[Parts], trouble: Sequence[str]) -> Message:
    """Put answers about several apps into one, with what could not be asked."""
    told = (*items, *(phrase(text) for text in trouble))
    return Message(parts=phrase("Found in several places:" if items else "Not found:"), items=told)


def where_can_i(app: str, who: str, found: Sequence[Standpoint], url: str = "") -> Message:
    """List the environments with what runs, and every reason against deploying there."""
    if not found:
        return Message(parts=phrase(f"{app} has no environment yet."), url=url)
    cells = tuple(
        (phrase(link(one.environment, one.url)), _runs(one.sha, one.ref, one.versions), _may(one))
        for one in found
    )
    said = phrase("Where ", Strong(who), " may deploy ", Strong(app), ":")
    return Message(parts=said, table=Table(("Where", "Runs", "May you?"), cells), url=url)


def deploy_status(app: str, found: Sequence[Gap]) -> Message:
    """Say how what is deployed differs from the default branch."""
    items = tuple((*_gap(one), *_odd(one.odd)) for one in found)
    if not items:
        return Message(parts=phrase(f"{app} has no environment yet."))
    return Message(parts=phrase("What runs of ", Strong(app), ":"), items=items)


def checks(
    app: str,
    sha: str,
    of: int,
    amiss: Sequence[tuple[str, str]],
    url: str = "",
    *,
    heard: str = "",
) -> Message:
    """List the checks of a commit that have not passed, or say that there are none.

    `heard`: how fresh that is.
    """
    fresh = (phrase(heard),) if heard else ()
    what = phrase(Strong(app), " ", Code(short(sha)))
    if not of:
        return Message(
            parts=(*phrase("No check was reported of "), *what, *phrase(".")), items=fresh, url=url
        )
    if not amiss:
        said = phrase(f"All {of} checks of " if of > 1 else "The one check of ")
        parts = (*said, *what, *phrase(" passed."))
        return Message(state="success", parts=parts, items=fresh, url=url)
    said = phrase(f"{len(amiss)} of the {of} check{'s' * (of != 1)} of ")
    verb = "has" if len(amiss) == 1 else "have"
    return Message(
        state="failed",
        parts=(*said, *what, *phrase(f" {verb} not passed:")),
        items=(*(phrase(link(text, where)) for text, where in amiss), *fresh),
        url=url,
    )


def found(
    query: str,
    views: Sequence[DeploymentView],
    url: str,
    *,
    more: bool,
    stop: Stop | None = None,
) -> Message:
    """List the newest that a search found; the page at `url` has them all, with lines of logs."""
    if not views:
        said = _so_far(query, stop) if stop else ("Nothing in the history is like ", Code(query))
        return Message(parts=phrase(*said, "."), url=url)
    items = [phrase(link(f"#{view.number}", view.url), ": ", *sentence(view)) for view in views]
    if stop:
        items.append(phrase(*_searched(stop), "."))
    elif more:
        items.append(phrase("and more: ", link("all that was found", url)))
    return Message(parts=phrase("Found with ", Code(query), ":"), items=tuple(items), url=url)


def _so_far(query: str, stop: Stop) -> Sequence[str | Part]:
    return ("Nothing like ", Code(query), " so far. ", *_searched(stop))


def _searched(stop: Stop) -> Sequence[str | Part]:
    """Say how far it was searched, and what to do about it."""
    if not stop.at:
        return ("The database had no time for it; narrow it or ", link("try again", stop.url))
    there = link("go on from there", stop.url)
    return ("Searched back to ", Time(stop.at, stop.exactly), "; narrow it or ", there)


def _sighting(one: Sighting) -> Parts:
    where = phrase(link(one.environment, one.url), ": ")
    number = (link(f"#{one.number}", one.number_url),) if one.number else ()
    time = (Time(one.since, one.since_at),) if one.since else ()
    match one.how:
        case "live":
            some = f" on {one.hosts} of {one.of} hosts" if one.hosts < one.of else ""
            said = phrase(f"live{some}", *(" since ", *time) if time else "")
            return (*where, *said, *phrase(*(", by ", *number) if number else ""))
        case "gone":
            said = phrase("live once, gone", *(" since ", *time) if time else "")
            return (*where, *said, *phrase(*(", by ", *number) if number else ""))
        case "coming":
            return (*where, *phrase("on its way in ", *number))
        case "waiting":
            others = one.behind - 1
            with_ = f", with {others} other commit{'s' * (others != 1)}" if others > 0 else ""
            return (*where, *phrase(f"not there yet{with_}"))
    return (*where, *phrase("nothing was deployed there yet"))


def _odd(odd: Sequence[str]) -> Parts:
    return phrase("".join(f"; {text}" for text in odd)) if odd else ()


def _runs(sha: str, ref: str, versions: Versions) -> Parts:
    if versions:
        return mixed(versions)
    return phrase(Code(short(sha)), f" {ref}" if ref else "") if sha else phrase("nothing yet")


def _may(one: Standpoint) -> Parts:
    if one.reasons:
        return phrase("no: ", " ".join(one.reasons))
    return phrase("yes", f", {' '.join(one.waits)}" if one.waits else "")


def _gap(one: Gap) -> Parts:
    where = phrase(link(one.environment, one.url), ": ")
    if not one.sha and not one.versions:
        return (*where, *phrase("nothing was deployed there yet"))
    runs = _runs(one.sha, "", one.versions)
    if one.trouble:
        return (*where, *runs, *phrase(f"; how far behind cannot be told: {one.trouble}"))
    if not one.ahead and not one.behind:
        return (*where, *runs, *phrase(f", level with {one.branch}"))
    diff = (" ", Link("Show diff", one.diff_url)) if one.diff_url else ()
    return (*where, *runs, *phrase(_distance(one), *diff))


def _distance(one: Gap) -> str:
    behind = f"{one.ahead} commit{'s' * (one.ahead != 1)} behind {one.branch}"
    over = f"{one.behind} ahead" if one.behind else ""
    by = f" by {', '.join(one.authors)}" if one.authors else ""
    return ", " + " and ".join(
        part for part in (f"{behind}{by}" if one.ahead else "", over) if part
    )
