"""The bot's messages, composed from plain values. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from bots.language.commands import NearMiss, NotYet, TooLong
from bots.language.text import LONGEST
from bots.messages import (
    Button,
    Code,
    Field,
    Line,
    Link,
    Message,
    Part,
    Parts,
    Strong,
    Table,
    Text,
    Time,
    link,
    phrase,
)
from bots.sentences import ENDS, UNFINISHED, DeploymentView, commit, named, sentence, short, started
from deployments import lines


@dataclass(frozen=True)
class Reason:
    """Why something is refused, who or what clears it, and the line to say next, if one helps."""

    text: str
    clears: str = ""
    url: str = ""
    line: str = ""


Versions = Sequence[tuple[str, int]]  # each with the number of hosts that run it


@dataclass(frozen=True, kw_only=True)
class Standing:
    """What runs in one environment."""

    app: str
    environment: str
    state: str = ""
    number: int | None = None
    ref: str = ""
    sha: str = ""
    but: str = ""  # what is wrong with it
    versions: Versions = ()  # where hosts differ, instead of the above
    who: str = ""
    since: str = ""  # in words
    since_at: str = ""  # exactly, ISO 8601
    behind: int | None = None
    locked: str = ""  # by whom
    waits: str = ""  # what is to come there, and for what it waits
    odd: tuple[str, ...] = ()  # what hosts say against the record
    url: str = ""
    diff_url: str = ""


class Acknowledgement(Message):
    """Says what was just done to a deployment, as its own thread does."""


@dataclass(frozen=True)
class CommitLine:
    sha: str
    subject: str
    author: str
    url: str = ""


# ---- One deployment ----


def head(view: DeploymentView) -> Message:
    """Compose the head of a deployment's thread: its sentence, its six fields, its next steps."""
    why = phrase(f", because {view.why}" if view.why else "")
    return Message(
        state=view.state,
        parts=(*sentence(view), *why),
        fields=_six_fields(view),
        buttons=next_steps(view),
        url=view.url,
    )


def activity(view: DeploymentView) -> Message:
    """Compose one step in a deployment's thread."""
    said = started(view) if view.state == "running" else sentence(view)
    line = link(f"line {view.broke_at}", view.log_url)
    where = phrase(" (", line, ")") if view.broke_at else ()
    return Message(
        state=view.state,
        parts=(*said, *where),
        items=tuple(phrase(lot) for lot in view.lots),
        url=view.url,
    )


def acknowledgement(view: DeploymentView) -> Message:
    """Answer at once that a deployment was asked for, and where to watch it."""
    said = phrase(*sentence(view), ": ", link(f"#{view.number}", view.url))
    return Acknowledgement(state=view.state, parts=said, buttons=next_steps(view), url=view.url)


def asked_for(views: Sequence[DeploymentView]) -> Message:
    """Answer at once that several deployments were asked for, each with a thread of its own."""
    items = tuple(phrase(link(f"#{v.number}", v.url), ": ", *sentence(v)) for v in views)
    return Message(
        state="waiting", parts=phrase("Asked for, each with its own thread:"), items=items
    )


def elsewhere(view: DeploymentView) -> Message:
    """Answer in a thread that another deployment was asked for, which has its own."""
    doing = {"retry": "Retrying as ", "rollback": "Rolling back as "}.get(
        view.kind, "Deploying as "
    )
    return note(
        doing,
        link(f"#{view.number}", view.url),
        f" in {view.app}/{view.environment}; it has its own thread.",
    )


def next_steps(view: DeploymentView) -> tuple[Button, ...]:
    """Return the two likeliest next steps."""
    log = Button("Log", lines.log(view.number))
    if view.state == "paused":
        cancel = Button("Cancel", lines.cancel(view.number), danger=True)
        return (Button("Go on", lines.go_on(view.number)), cancel)
    if view.needs_approval:
        cancel = Button("Cancel", lines.cancel(view.number), danger=True)
        return (Button("Approve", lines.approve(view.number)), cancel)
    if view.state in UNFINISHED:
        return (Button("Cancel", lines.cancel(view.number), danger=True), log)
    if view.state == "success":
        back = lines.rollback(view.app, view.environment)
        return (Button("Roll back", back, danger=True), log)
    if view.state == "partly":
        return (Button("Retry failed hosts", lines.retry_failed_hosts(view.number)), log)
    return (Button("Retry", lines.retry(view.number)), log)


def log(view: DeploymentView, tail: str, host: str = "") -> Message:
    """Show the last lines of a log, and the link to all of it."""
    where = f" on {host}" if host else ""
    said = phrase(link(view.title, view.log_url or view.url), f", the end of its log{where}")
    if not tail:
        said = (*said, *phrase(": nothing has been written yet"))
    return Message(state=view.state, parts=said, block=tail, url=view.log_url or view.url)


def _six_fields(view: DeploymentView) -> tuple[Field, ...]:
    number = link(f"#{view.number}", view.url)
    logged = (", ", Link("log", view.log_url)) if view.log_url else ()
    return (
        Field("Application", phrase(link(view.app, view.app_url))),
        Field("Repository", phrase(link(view.repository, view.repository_url))),
        Field("Deployment", phrase(number, *logged)),
        Field("Deployed ref", _ref_and_commit(view)),
        Field("Environment", phrase(link(view.environment, view.environment_url))),
        Field("Previous deployment", _previous(view)),
    )


def _ref_and_commit(view: DeploymentView) -> Parts:
    if not view.sha:
        return phrase(named(view) or Code("default branch"), ", commit not known yet")
    return phrase(named(view) or "", " @ " if view.ref else "", commit(view))


def _previous(view: DeploymentView) -> Parts:
    if view.previous is None:
        return phrase("No previous deployment")
    version: tuple[str | Part, ...] = (" ", Code(short(view.previous_sha)))
    shown = (", ", Link("Show diff", view.diff_url)) if view.diff_url else ()
    return phrase(link(f"#{view.previous}", view.previous_url), *version, *shown)


# ---- Refusals and questions ----


def refusal(
    what: str, reasons: Sequence[Reason], *, lines: Sequence[str] = (), quiet: bool = True
) -> Message:
    """List every reason why something is not done, each with who can clear it."""
    items = tuple(_reason(reason) for reason in reasons)
    next_lines = dict.fromkeys(filter(None, [*(reason.line for reason in reasons), *lines]))
    return Message(
        state="refused",
        parts=phrase(f"{what}."),
        items=items,
        buttons=tuple(Button(line, line) for line in next_lines),
        quiet=quiet,
    )


def sorry(text: str, *, suggestions: Iterable[str] = (), url: str = "") -> Message:
    """Refuse for one reason, quietly, with the lines that may have been meant."""
    return Message(
        state="refused",
        parts=phrase(text),
        items=tuple(phrase(Line(line)) for line in suggestions),
        url=url,
        quiet=True,
    )


def stranger() -> Message:
    """Refuse an account that is tied to nobody, and say how it is tied."""
    said = "I do not know who you are here. Nothing was done. Tie this account to you first:"
    return sorry(said, suggestions=["link"])


def near_miss(miss: NearMiss) -> Message:
    """Say what was understood, what was not, and the nearest lines; nothing has happened."""
    understood = phrase("I understood ", Line(miss.understood), ", but not ")
    start = understood if miss.understood else phrase("I do not understand ")
    said = phrase(*start, Strong(f"“{miss.problem}”"), f": {miss.explanation}. Nothing was done.")
    return Message(
        state="question",
        parts=(*said, *phrase(" Did you mean:")),
        items=tuple(phrase(Line(line)) for line in miss.suggestions),
        quiet=True,
    )


def too_long(line: TooLong) -> Message:
    """Say that a line was not read to its end, and how it could be said."""
    said = f"This is too long for me: {line.letters:,} letters, and no line has over {LONGEST:,}."
    helps = " Say it shorter:" if line.suggestions else " Try:"
    return Message(
        state="question",
        parts=phrase(f"{said} Nothing was done.{helps}"),
        items=tuple(phrase(Line(text)) for text in line.suggestions or ("help",)),
        quiet=True,
    )


def not_yet(line: NotYet) -> Message:
    said = phrase("Shipmate cannot do this yet: ", Strong(line.what), ". ")
    return Message(
        state="refused",
        parts=phrase(*said, "Nothing was done. ", Line("help"), " lists what it can do."),
        quiet=True,
    )


def question(
    *pieces: str | Part, label: str = "Yes", code: str = "", danger: bool = True, url: str = ""
) -> Message:
    """Ask who spoke before something is done; the buttons answer this question and no other."""
    yes, no = f"yes {code}".rstrip(), f"no {code}".rstrip()
    return Message(
        state="question",
        parts=phrase(*pieces),
        buttons=(Button(label, yes, danger=danger), Button("No", no)),
        url=url,
        quiet=True,
    )


def note(*pieces: str | Part, state: str = "", url: str = "", quiet: bool = False) -> Message:
    """Say one thing."""
    return Message(state=state, parts=phrase(*pieces), url=url, quiet=quiet)


def _reason(reason: Reason) -> Parts:
    clears = f" {reason.clears}" if reason.clears else ""
    return phrase(link(reason.text, reason.url), clears)


# ---- Answers ----


def help_answer(
    help_lines: Sequence[tuple[str, str]], word: str | None = None, nearest: Sequence[str] = ()
) -> Message:
    """List the lines that act, or those that a word is about."""
    if not help_lines:
        suggestions = [f"help {other}" for other in nearest] or ["help"]
        return sorry(f"No command is called “{word}”. Try:", suggestions=suggestions)
    items = tuple(phrase(Line(usage), f" — {text}") for usage, text in help_lines)
    return Message(parts=phrase("Say to me:"), items=items, quiet=True)


def blocked(app: str, environment: str, reasons: Sequence[Reason], url: str = "") -> Message:
    """Answer why: every reason at once, or that there is none."""
    place = Strong(f"{app}/{environment}")
    if not reasons:
        line = Line(lines.deploy(app, None, environment))
        free = phrase("Nothing blocks a deployment to ", place, ": ", line)
        return Message(state="success", parts=free, url=url)
    return Message(
        state="waiting",
        parts=phrase("A deployment to ", place, " is blocked:"),
        items=tuple(_reason(reason) for reason in reasons),
        url=url,
    )


def after_its_end(view: DeploymentView, blocked: Message) -> Message:
    """Say how a deployment ended before what keeps another one from beginning."""
    return replace(blocked, state=view.state, parts=(*sentence(view), Text(". "), *blocked.parts))


def how_it_stands(view: DeploymentView, waits: Reason | None) -> Message:
    """Say of a deployment that has not ended what it does, or waits for."""
    items = (_reason(waits),) if waits else ()
    return Message(state=view.state, parts=sentence(view), items=items, url=view.url)


def standings(rows: Sequence[Standing], url: str = "", more: int = 0) -> Message:
    """Answer status: what runs where, since when, by whom, how far behind."""
    if not rows:
        return Message(parts=phrase("There is no environment yet."), url=url)
    columns = ("Where", "Runs", "Since", "By", "Behind")
    cells = tuple(
        (
            phrase(link(f"{row.app}/{row.environment}", row.url)),
            _runs(row),
            phrase(Time(row.since, row.since_at)),
            phrase(row.who),
            _behind(row),
        )
        for row in rows
    )
    said = f"What runs where, without {more} more:" if more > 0 else "What runs where:"
    return Message(parts=phrase(said), table=Table(columns, cells), url=url)


def deployments(title: str, views: Sequence[DeploymentView], url: str = "") -> Message:
    """Answer deploys: the recent ones, newest first."""
    if not views:
        return Message(parts=phrase(f"{title}: none yet."), url=url)
    columns = ("Deployment", "What", "Where", "By", "How it went")
    cells = tuple(
        (
            phrase(link(f"#{view.number}", view.url)),
            phrase(
                link(view.ref, view.ref_url),
                " @ " if view.ref and view.sha else "",
                Code(short(view.sha)),
            ),
            phrase(view.environment),
            phrase(view.who),
            phrase(ENDS.get(view.state, "succeeded").removeprefix("is ").removeprefix("was ")),
        )
        for view in views
    )
    return Message(parts=phrase(f"{title}:"), table=Table(columns, cells), url=url)


def difference(
    *pieces: str | Part, commits: Sequence[CommitLine] = (), more: int = 0, url: str = ""
) -> Message:
    """Answer diff: what it is about, the commits newest first, and the link to the diff."""
    items = [_commit(one) for one in commits]
    if more:
        items.append(phrase(f"and {more} more"))
    diff = (" ", Link("Show diff", url)) if url else ()
    return Message(parts=phrase(*pieces, *diff), items=tuple(items), url=url)


def _commit(one: CommitLine) -> Parts:
    author = f" ({one.author})" if one.author else ""
    return phrase(link(short(one.sha), one.url), f" {one.subject}{author}")


def mixed(versions: Versions) -> Parts:
    """Say in the middle of a sentence what runs where hosts differ."""
    pieces: list[str | Part] = ["mixed: "]
    for place, (sha, hosts) in enumerate(versions):
        where = f" on {hosts} {'host' if hosts == 1 else 'hosts'}"
        pieces += [", " if place else "", Code(short(sha)) if sha else "nothing", where]
    return phrase(*pieces)


def _runs(row: Standing) -> Parts:
    beside = f", locked by {row.locked}" if row.locked else ""
    beside += "".join(f"; {text}" for text in (*row.odd, row.waits) if text)
    if row.versions:
        return phrase(*mixed(row.versions), beside)
    but = f", but {row.but}" if row.but else ""
    ref = f" {row.ref}" if row.ref else ""
    return phrase(Code(short(row.sha) or "nothing yet"), ref, but, beside)


def _behind(row: Standing) -> Parts:
    if row.behind is None:
        return ()
    return phrase(link(f"{row.behind} behind", row.diff_url) if row.behind else "level")
