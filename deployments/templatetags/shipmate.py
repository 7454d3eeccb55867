"""The small parts that every page repeats: signs, badges, times, faces, chat lines."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import TypeVar

from django import template
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString

from deployments import durations, lines
from deployments.forges.contract import Commit
from deployments.models import Application, Deployment, Person
from deployments.selectors import authors, checks, code
from deployments.selectors.checks import Sign
from deployments.web.looks import Look, any_look, phase_look

register = template.Library()

T = TypeVar("T")
MINUTE, HOUR, DAY = 60, 3600, 86400
NUMBER = re.compile(r"(?P<pull>pull request )?(?<![\w&/])#(?P<number>\d{1,9})\b", re.IGNORECASE)


def _use(name: str, classes: str) -> SafeString:
    return format_html(
        '<svg class="{}" aria-hidden="true"><use href="{}#{}"/></svg>',
        classes,
        _signs(),
        name,
    )


@cache
def _signs() -> str:
    """Return the address of all signs; a page shows some hundred of them."""
    return static("img/signs.svg")


def _sign(look: Look, size: str = "") -> SafeString:
    if not look.sign:
        return SafeString("")
    turning = " sign-running" if look.sign == "running" else ""
    sized = f" sign-{size}" if size else ""
    return _use(f"s-{look.sign}", f"sign{turning}{sized}")


def _text(value: object) -> str:
    return "" if value is None else str(value)


# ---- States ----


@register.simple_tag
def checks_of(application: Application, commits: Sequence[Commit]) -> dict[str, Sign]:
    """Return what checks say of each commit that any spoke of."""
    return checks.signs(application, [commit.sha for commit in commits])


@register.simple_tag
def authors_of(commits: Sequence[Commit]) -> dict[str, Person]:
    """Return who of the people here wrote them, by the addresses in the commits."""
    return authors.of(commits)


@register.filter
def of(found: Mapping[str, T], name: str) -> T | None:
    """Return what a table holds under a name that is known only here."""
    return found.get(name)


@register.filter
def look(state: object) -> Look:
    """Give the look of a state, for its `data_state` and `word`."""
    return any_look(state)


@register.filter("phase_look")
def phase_look_filter(status: str) -> Look:
    return phase_look(status)


@register.simple_tag
def sign(state: object, size: str = "") -> SafeString:
    """Draw a state's sign; it takes its colour from the nearest data-state."""
    return _sign(any_look(state), size)


@register.simple_tag
def said(state: object, text: object = None) -> SafeString:
    """Say a state in running text: sign and word, or sign and `text`."""
    found = any_look(state)
    words = _text(text) or found.word
    return format_html(
        '<span class="said" data-state="{}">{}{}</span>', found.data_state, _sign(found), words
    )


@register.simple_tag
def badge(state: object, text: object = None) -> SafeString:
    """Say a state once, in a head."""
    found = any_look(state)
    words = _text(text) or found.word
    return format_html(
        '<span class="badge" data-state="{}">{}{}</span>', found.data_state, _sign(found), words
    )


@register.simple_tag
def pull_request(deployment: Deployment) -> SafeString:
    """Link what was deployed to its page at the forge, where that is a pull request."""
    if not deployment.ref.startswith("#"):
        return SafeString("")  # without a look at its repository
    url = code.ref_url(deployment.environment.application.repository, deployment.ref)
    if not url:
        return SafeString("")
    return format_html('<a class="link" href="{}">{}</a>', url, deployment.ref)


# ---- Icons, people, chat lines ----


@register.simple_tag
def icon(name: str, size: str = "") -> SafeString:
    return _use(f"i-{name}", f"icon icon-{size}" if size else "icon")


@register.simple_tag
def face(person: object, size: str = "") -> SafeString:
    """Show a person's initials; no person is the bot, in which case its flag is shown."""
    classes = f"face face-{size}" if size else "face"
    if person is None:
        flag = icon("flag", "sm")
        return format_html('<span class="{} face-bot" aria-hidden="true">{}</span>', classes, flag)
    return format_html(
        '<span class="{}" aria-hidden="true">{}</span>', classes, initials(str(person))
    )


@register.filter
def initials(name: str) -> str:
    """Shorten a name to two letters: Ana Ferri is AF, ana is AN."""
    words = name.replace(".", " ").replace("-", " ").replace("_", " ").split()
    if len(words) < 2:
        return name.strip()[:2].upper()
    return (words[0][0] + words[-1][0]).upper()


@register.simple_tag
def chatline(line: str) -> SafeString:
    """Show the line that does the same in chat, with a copy key."""
    return format_html(
        '<span class="chatline">{}<code>{}</code><button class="btn btn-plain btn-sm btn-icon"'
        ' type="button" data-copy="{}" aria-label="Copy the chat line: {}">{}</button></span>',
        icon("chat"),
        line,
        line,
        line,
        icon("copy", "sm"),
    )


@register.filter
def spoken(text: str) -> str:
    """Say a chat line with the team's own verb."""
    return lines.spoken(text)


@register.filter
def numbered(text: str) -> SafeString:
    """Let the numbers of deployments in a sentence lead to them; those of pull requests do not."""
    return SafeString(NUMBER.sub(_to_deployment, escape(text)))


def _to_deployment(found: re.Match[str]) -> str:
    if found["pull"]:
        return found[0]
    address = reverse("deployment", args=[int(found["number"])])
    return f'<a class="link" href="{address}">#{found["number"]}</a>'


@register.filter
def short_sha(sha: str | None) -> str:
    return (sha or "")[:7]


# ---- Times ----


def relative(moment: datetime, now: datetime, short: bool = False) -> str:
    """Say when in a few words: 18 min ago, in 2 h, 20 Nov 2025. static/js/time.js says the same."""
    ago = (now - moment).total_seconds()
    seconds = abs(ago)
    if seconds < MINUTE:
        return "now" if short else "just now"
    if seconds > 14 * DAY:
        return _day(timezone.localtime(moment), timezone.localtime(now))
    text = _units(int(seconds))
    if short:
        return text
    return f"{text} ago" if ago > 0 else f"in {text}"


def _units(seconds: int) -> str:
    if seconds < HOUR:
        return f"{seconds // MINUTE} min"
    if seconds < DAY:
        return f"{seconds // HOUR} h"
    return f"{seconds // DAY} d"


def _day(moment: datetime, now: datetime) -> str:
    year = "" if moment.year == now.year else f" {moment.year}"
    return f"{moment.day} {moment:%b}{year}"


def _time(moment: datetime, text: str, attribute: str) -> SafeString:
    local = timezone.localtime(moment)
    exact = f"{local:%Y-%m-%d %H:%M:%S} {timezone.get_current_timezone_name()}"
    return format_html(
        '<time datetime="{}" title="{}" {}>{}</time>',
        local.isoformat(timespec="seconds"),
        exact,
        SafeString(attribute),
        text,
    )


@register.simple_tag
def when(moment: datetime | None, style: str = "") -> SafeString:
    """Say when: relative in words, exact on hover. Styles: "" (18 min ago), short, clock."""
    if moment is None:
        return SafeString("–")
    if style == "clock":
        return _time(moment, f"{timezone.localtime(moment):%H:%M}", "data-clock")
    text = relative(moment, timezone.now(), short=style == "short")
    return _time(moment, text, f'data-relative="{style}"')


@register.simple_tag
def since(moment: datetime | None) -> SafeString:
    """Count how long something has been running; the page goes on counting by itself."""
    if moment is None:
        return SafeString("–")
    passed = (timezone.now() - moment).total_seconds()
    return _time(moment, durations.duration(max(passed, 0)), "data-since")


@register.filter
def duration(seconds: float | None) -> str:
    """Say how long in digits: 1 m 12 s."""
    return "–" if seconds is None else durations.duration(seconds)
