"""The rows of the board, and what charts and their tables need."""

from __future__ import annotations

from html import escape

from django import template
from django.utils.safestring import SafeString

from deployments.models import Person
from deployments.selectors.board import Row
from deployments.selectors.progress import Progress
from deployments.selectors.weeks import Sums, Week
from deployments.web import cells

register = template.Library()

ABSENT = '<td role="cell" class="absent"><span class="vh">Not set up</span></td>'


@register.simple_tag
def board_row(row: Row, hidden: bool, reader: Person, clock: cells.Clock) -> SafeString:
    """Draw an application and its cells; see deployments/web/cells.py."""
    app = row.application
    name, repository = escape(app.name), escape(app.repository.name)
    drawn = "".join(cells.draw(cell, reader, clock) if cell else ABSENT for cell in row.cells)
    return SafeString(
        f'<tr role="row" data-row="{name} {repository}"{" hidden" if hidden else ""}>'
        f'<th role="rowheader" scope="row"><div class="app-name">{star(app.name, row.starred)}'
        f'<a href="/apps/{name}/">{name}</a><small class="cut">{repository}</small></div></th>'
        f"{drawn}</tr>"
    )


@register.simple_tag
def star(name: str, starred: bool) -> SafeString:
    """Draw the key that gives or takes a star; it belongs to the page's form “stars”."""
    does, pressed = ("take", "true") if starred else ("give", "false")
    shown = escape(name)
    return SafeString(
        f'<button class="star" form="stars" name="{does}" value="{shown}" aria-pressed="{pressed}"'
        f' aria-label="Star {shown}">{cells.star_icon()}</button>'
    )


@register.filter
def left(progress: Progress) -> str:
    """Say how long something that runs will still take."""
    return cells.left(progress)


@register.filter
def sums(week: Week, series: str) -> Sums:
    return week.by_series[series]


@register.filter
def total(found: Sums) -> int:
    return found.total


@register.filter
def seconds(found: Sums) -> float | None:
    return found.seconds


@register.filter
def add_to(pixels: float, more: int) -> float:
    return pixels + more
