"""One cell of the board as HTML. A board has more than a thousand, and the engine of templates
takes longer for that than a page may: so they are put together here. Whatever people typed goes
through `escape`."""

from __future__ import annotations

from functools import cache
from html import escape

from django.templatetags.static import static
from django.urls import reverse
from django.utils.safestring import SafeString

from deployments.durations import duration
from deployments.models import Deployment, Environment, Person
from deployments.selectors.cells import Cell
from deployments.selectors.progress import Progress
from deployments.templatetags.shipmate import when
from deployments.web.looks import LOOKS, Look, any_look


def draw(cell: Cell, reader: Person) -> SafeString:
    """Give the table cell; the page asks for it again by itself when its environment changes."""
    environment = cell.environment
    place = escape(str(environment))
    look = any_look(cell.state)
    lock = _lock(cell, reader, place)
    body = _empty(cell, place, lock) if cell.shown is None else _full(cell, look, place, lock)
    src = f"{reverse_board()}?part=cell&amp;environment={environment.pk}"
    return SafeString(
        f'<td role="cell" data-env="{escape(environment.name)}" data-state="{look.data_state}"'
        f' data-live="environment-{environment.pk}" data-live-src="{src}">{body}</td>'
    )


def _empty(cell: Cell, place: str, lock: str) -> str:
    url = url_of(cell.environment)
    return (
        f'<div class="cell"><a class="top none" href="{url}">Nothing here yet'
        f'<span class="vh">: {place}</span></a>{lock}</div>'
    )


def _full(cell: Cell, look: Look, place: str, lock: str) -> str:
    shown = cell.shown
    assert shown is not None  # noqa: S101  for the type checker: `draw` has looked
    url = url_of(cell.environment) if shown.is_finished else shown.get_absolute_url()
    fill = _fill(cell.progress, place) if cell.progress else ""
    return (
        f'<div class="cell{" loud" if cell.is_loud else ""}">{fill}<a class="top" href="{url}">'
        f"{sign(look)}{_sha(shown)}{_word(cell, look)}"
        f'<span class="vh"> {place}</span></a><span class="age">{_age(cell, look)}</span>'
        f'<span class="meta">{_meta(cell, place)}</span>{lock}</div>'
    )


def _word(cell: Cell, look: Look) -> str:
    """Say the state; what is usual is said to those alone who do not see the sign."""
    if look.data_state == "running" and cell.progress is not None:
        percent = f"<span data-percent>{cell.progress.percent} %</span>"
        return f'<span class="word">{percent}<span class="vh"> {look.word}</span></span>'
    hidden = look.data_state == "success"
    return f'<span class="{"vh" if hidden else "word"}">{look.word}</span>'


def _fill(progress: Progress, place: str) -> str:
    return (
        f'<progress class="fill" max="100" value="{progress.percent}"{_pace(progress)}'
        f' aria-label="{place}: progress"></progress>'
    )


def _pace(progress: Progress) -> str:
    """Say what the page needs to go on by itself until it hears more."""
    if progress.total is None:
        return ""
    return f' data-elapsed="{progress.elapsed:.0f}" data-total="{progress.total:.0f}"'


def _age(cell: Cell, look: Look) -> str:
    shown = cell.shown
    if look.data_state == "lost" and shown is not None:
        return when(shown.lease_until, "short")
    if look.data_state == "running" and cell.progress and cell.progress.left is not None:
        return f"<span data-left>{left(cell.progress)}</span>"
    return when(cell.when, "short")


def left(progress: Progress) -> str:
    """Say how long it will still take; static/js/progress.js says the same."""
    if progress.left is None:
        return ""
    return f"{duration(progress.left)} left" if progress.left >= 1 else "any moment"


def _meta(cell: Cell, place: str) -> str:
    chips = f'<span class="chip">{cell.behind} more queued</span>' if cell.behind else ""
    if cell.drift:
        title = "commits of the default branch do not run there"
        chips += f'<span class="chip" title="{cell.drift} {title}">{cell.drift} behind</span>'
    return _who(cell, place) + chips


def _who(cell: Cell, place: str) -> str:
    """Name what matters most under the newest try: what runs, what it waits for, or its person."""
    if cell.running.is_mixed:
        return _mixed(cell, place)
    if cell.waits is not None:
        text = escape(cell.waits.text)
        return f'<span class="cut" title="{text} {escape(cell.waits.clears)}">{text}</span>'
    if cell.live is not None:
        return _live(cell, cell.live)
    return f'<span class="cut">{escape(str(cell.shown.person if cell.shown else ""))}</span>'


def _mixed(cell: Cell, place: str) -> str:
    shas = ", ".join(
        f'<code class="sha">{version.sha[:7]}</code>' if version.sha else "nothing"
        for version in cell.running.versions[:3]
    )
    return (
        f'<a class="live" data-state="partly" href="{url_of(cell.environment)}#hosts">'
        f'{sign(LOOKS["failure:partly"])}<span class="cut">mixed: {shas}'
        f'<span class="vh"> in {place}: which host runs what</span></span></a>'
    )


def _live(cell: Cell, live: Deployment) -> str:
    look = any_look(live)
    but = f", but {look.word.lower()}" if cell.running.but else ""
    return (
        f'<span class="live" data-state="{look.data_state}">{sign(look)}'
        f"<span>{_sha(live)} live{but} {when(live.finished_at, 'short')}</span></span>"
    )


def _lock(cell: Cell, reader: Person, place: str) -> str:
    lock = cell.lock
    if lock is None:
        return ""
    who = "you" if lock.person_id == reader.pk else escape(str(lock.person))
    until = f"{when(lock.until, 'short')} left" if lock.until else "no end"
    return (
        f'<span class="end"><a class="chip" href="{url_of(cell.environment)}#lock">{_lock_icon()}'
        f'<span class="vh">Locked by </span>{who}, {until}<span class="vh"> in {place}</span></a>'
        "</span>"
    )


def _sha(deployment: Deployment) -> str:
    return f'<code class="sha">{deployment.sha[:7]}</code>' if deployment.sha else ""


@cache
def sign(look: Look) -> str:
    if not look.sign:
        return ""
    turning = " sign-running" if look.sign == "running" else ""
    return f'<svg class="sign{turning}" aria-hidden="true"><use href="{_signs()}#s-{look.sign}"/></svg>'


@cache
def _lock_icon() -> str:
    return f'<svg class="icon" aria-hidden="true"><use href="{_signs()}#i-lock"/></svg>'


@cache
def _signs() -> str:
    return static("img/signs.svg")


def url_of(environment: Environment) -> str:
    """Return its address; asking the resolver a thousand times takes too long."""
    application = escape(environment.application.name)
    return _pattern().replace("APP", application).replace("PLACE", escape(environment.name))


@cache
def _pattern() -> str:
    return reverse("environment", args=["APP", "PLACE"])


@cache
def reverse_board() -> str:
    return reverse("board")
