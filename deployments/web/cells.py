"""One cell of the board as HTML. A board has more than a thousand, and the engine of templates
takes longer for that than a page may: so they are put together here. Whatever people typed goes
through `escape`."""

from __future__ import annotations

import html
from datetime import datetime
from functools import cache, lru_cache

from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString

from deployments.durations import duration
from deployments.models import Deployment, Environment, Person
from deployments.selectors.cells import Cell
from deployments.selectors.progress import Progress
from deployments.templatetags.shipmate import relative
from deployments.web.looks import LOOKS, Look, look, look_of

escape = lru_cache(4096)(html.escape)  # the same few names again and again


class Clock:
    """What time it is for the reader, looked up once for a whole board."""

    def __init__(self) -> None:
        self.now = timezone.now()
        self.zone = timezone.get_current_timezone()
        self.name = escape(timezone.get_current_timezone_name())

    def short(self, moment: datetime | None, classes: str = "") -> str:
        """Say how long ago, as the tag `when` does."""
        if moment is None:
            return f'<span class="{classes}">–</span>'
        local = moment.astimezone(self.zone)
        text = relative(moment, self.now, short=True)
        return (
            f'<time class="{classes}" datetime="{local.isoformat(timespec="seconds")}"'
            f' title="{local:%Y-%m-%d %H:%M:%S} {self.name}" data-relative="short">{text}</time>'
        )


def draw(cell: Cell, reader: Person, clock: Clock) -> SafeString:
    """Give the table cell; the page asks for it again by itself when its environment changes."""
    environment = cell.environment
    place = escape(f"{environment.application.name}/{environment.name}")
    seen = _look(cell)
    body = _full(cell, seen, place, clock) if cell.shown else _empty(cell, place)
    lock = _lock(cell, reader, place, clock)
    src = f"{_board()}?part=cell&amp;environment={environment.pk}"
    return SafeString(
        f'<td role="cell" data-env="{escape(environment.name)}" data-state="{seen.data_state}"'
        f' data-live="environment-{environment.pk}" data-live-src="{src}">{body}{lock}</div></td>'
    )


def _look(cell: Cell) -> Look:
    state = cell.state
    return look(state) if isinstance(state, str) else look_of(state)


def _empty(cell: Cell, place: str) -> str:
    url = url_of(cell.environment)
    return (
        f'<div class="cell"><a class="top none" href="{url}">Nothing here yet'
        f'<span class="vh">: {place}</span></a>'
    )


def _full(cell: Cell, seen: Look, place: str, clock: Clock) -> str:
    shown = cell.shown
    assert shown is not None  # noqa: S101  for the type checker: `draw` has looked
    url = url_of(cell.environment) if shown.is_finished else shown.get_absolute_url()
    fill = _fill(cell.progress, place) if cell.progress else ""
    return (
        f'<div class="cell{" loud" if cell.is_loud else ""}">{fill}<a class="top" href="{url}">'
        f"{sign(seen)}{_sha(shown)}{_word(cell, seen, place)}"
        f"</a>{_age(cell, seen, clock)}"
        f'<span class="meta">{_meta(cell, place, clock)}</span>'
    )


def _word(cell: Cell, seen: Look, place: str) -> str:
    """Say the state; what is usual is said to those alone who do not see the sign."""
    if seen.data_state == "running" and cell.progress is not None:
        percent = f"<span data-percent>{cell.progress.percent} %</span>"
        return f'<span class="word">{percent}<span class="vh"> {seen.word} {place}</span></span>'
    if seen.data_state == "success":
        return f'<span class="vh"> {seen.word} {place}</span>'
    return f'<span class="word">{seen.word}</span><span class="vh"> {place}</span>'


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


def _age(cell: Cell, seen: Look, clock: Clock) -> str:
    shown = cell.shown
    if seen.data_state == "lost" and shown is not None:
        return clock.short(shown.lease_until, "age")
    if seen.data_state == "running" and cell.progress and cell.progress.left is not None:
        return f'<span class="age" data-left>{left(cell.progress)}</span>'
    return clock.short(cell.when, "age")


def left(progress: Progress) -> str:
    """Say how long it will still take; static/js/time.js says the same."""
    if progress.left is None:
        return ""
    return f"{duration(progress.left)} left" if progress.left >= 1 else "any moment"


def _meta(cell: Cell, place: str, clock: Clock) -> str:
    chips = f'<span class="chip">{cell.behind} more queued</span>' if cell.behind else ""
    if cell.drift:
        title = "commits of the default branch do not run there"
        chips += f'<span class="chip" title="{cell.drift} {title}">{cell.drift} behind</span>'
    return _who(cell, place, clock) + chips


def _who(cell: Cell, place: str, clock: Clock) -> str:
    """Name what matters most under the newest try: what runs, what it waits for, or its person."""
    if cell.running.odd:
        return _odd(cell, place)
    if cell.running.is_mixed and not (cell.shown and cell.shown.is_paused):
        return _mixed(cell, place)
    live = _live(cell, cell.live, clock) if cell.live is not None else ""
    if cell.shown is not None and cell.shown.is_paused:
        return live + _pause(cell.shown, clock)
    if cell.waits is not None:
        text = escape(cell.waits.text)
        said = f'<span class="cut" title="{text} {escape(cell.waits.clears)}">{text}</span>'
        return live + said
    if live:
        return live
    return f'<span class="cut">{escape(str(cell.shown.person if cell.shown else ""))}</span>'


def _pause(shown: Deployment, clock: Clock) -> str:
    """Say what ends its pause; behind its first host, hosts differ as they should."""
    until = shown.paused_until
    at = f"goes on at {until.astimezone(clock.zone):%H:%M}" if until else "until “go on”"
    return f'<span class="cut">{at}</span>'


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


def _odd(cell: Cell, place: str) -> str:
    """Say that a host says something else than is on record, which stands in full behind it."""
    first, *others = cell.running.odd
    more = f", {len(others)} more" if others else ""
    told = escape("; ".join(map(str, cell.running.odd)))
    return (
        f'<a class="live" data-state="partly" href="{url_of(cell.environment)}#hosts"'
        f' title="{told}">{sign(LOOKS["failure:partly"])}<span class="cut">'
        f'{escape(first.claim)}{more}<span class="vh"> in {place}: {told}</span></span></a>'
    )


def _live(cell: Cell, live: Deployment, clock: Clock) -> str:
    seen = look_of(live)
    but = f", but {seen.word.lower()}" if cell.running.but else ""
    return (
        f'<span class="live" data-state="{seen.data_state}">{sign(seen)}'
        f"<span>{_sha(live)} live{but} {clock.short(live.finished_at)}</span></span>"
    )


def _lock(cell: Cell, reader: Person, place: str, clock: Clock) -> str:
    lock = cell.lock
    if lock is None:
        return ""
    who = "you" if lock.person_id == reader.pk else escape(str(lock.person))
    until = f"{clock.short(lock.until)} left" if lock.until else "no end"
    return (
        f'<span class="end"><a class="chip" href="{url_of(cell.environment)}#lock">{_lock_icon()}'
        f'<span class="vh">Locked by </span>{who}, {until}<span class="vh"> in {place}</span></a>'
        "</span>"
    )


def _sha(deployment: Deployment) -> str:
    return f'<code class="sha">{deployment.sha[:7]}</code>' if deployment.sha else ""


@cache
def sign(seen: Look) -> str:
    """Draw a state's sign, as the tag of this name does."""
    if not seen.sign:
        return ""
    turning = " sign-running" if seen.sign == "running" else ""
    use = f'<use href="{_signs()}#s-{seen.sign}"/>'
    return f'<svg class="sign{turning}" aria-hidden="true">{use}</svg>'


@cache
def star_icon() -> str:
    return f'<svg class="icon icon-sm" aria-hidden="true"><use href="{_signs()}#i-star"/></svg>'


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
def _board() -> str:
    return reverse("board")
