"""The board: every application in every environment."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_POST, require_safe

from deployments import rights
from deployments.models import Deployment, Person
from deployments.selectors import board as boards
from deployments.selectors import lookup, reports
from deployments.selectors.board import SHOWS, Row
from deployments.services import stars, workers
from deployments.web import cells
from deployments.web.doors import person_of
from deployments.web.errors import translated
from deployments.web.live import stream_url

GROUP = 25  # rows that are drawn together, and only when they are near
FIRST = 50  # rows that come at once; the others when somebody nears them (static/js/board.js)


@gzip_page
@require_safe
def board(request: HttpRequest) -> HttpResponse:
    """Show the board, or only the part that is brought up to date."""
    part = PARTS.get(request.GET.get("part", ""))
    return part(request, person_of(request)) if part else _page(request, person_of(request))


def _page(request: HttpRequest, person: Person) -> HttpResponse:
    live_url = stream_url()  # first: what changes meanwhile is heard of
    context = {"live_url": live_url} | _all(request, person)
    return render(request, "deployments/board.html", context)


def _whole(request: HttpRequest, person: Person) -> HttpResponse:
    return render(request, "deployments/board/_all.html", _all(request, person))


def _glance(request: HttpRequest, person: Person) -> HttpResponse:
    going, alive = boards.unfinished(person), workers.alive("deploy")
    return render(request, "deployments/board/_top.html", _top(person, going, alive))


def _cell(request: HttpRequest, person: Person) -> HttpResponse:
    given = request.GET.get("environment", "")
    number = int(given) if given.isdecimal() and len(given) < 19 else 0
    found = boards.cell(person, number, workers.alive("deploy"))
    if found is None:
        raise Http404
    return HttpResponse(cells.draw(found, person, cells.Clock()))


PARTS: dict[str, Callable[[HttpRequest, Person], HttpResponse]] = {
    "all": _whole,
    "top": _glance,
    "cell": _cell,
}


def _all(request: HttpRequest, person: Person) -> dict[str, Any]:
    going, alive = boards.unfinished(person), workers.alive("deploy")
    found = boards.board(person, going, alive)
    return _top(person, going, alive) | _table(request, person, found)


def _top(person: Person, going: list[Deployment], alive: int) -> dict[str, Any]:
    """Say the line of truth, and what concerns the person."""
    midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    found = boards.glance(person, going, midnight, alive)
    may_deploy = rights.may_somewhere(person, "deploy")
    tab = _tab_of(found.counts)
    silent = reports.silent(person)
    return {"glance": found, "workers": alive, "silent": silent, "may_deploy": may_deploy, **tab}


def _tab_of(counts: dict[str, int]) -> dict[str, str]:
    """Say in the browser's tab how it goes."""
    going, failed = counts["in_progress"], counts["failed"]
    icon = "running" if going else "failed" if failed else ""
    words = f"{going} running" if going else f"{failed} failed today" if failed else ""
    return {
        "page_title": f"{words} · Board" if words else "Board",
        "favicon": static(f"img/favicon{f'-{icon}' if icon else ''}.svg"),
    }


def _table(request: HttpRequest, person: Person, found: boards.Board) -> dict[str, Any]:
    words = request.GET.get("q", "").lower().split()
    show = request.GET.get("show", "")
    rows = [row for row in found.rows if show not in SHOWS or SHOWS[show](row)]
    whole = "whole" in request.GET or bool(words) or len(rows) < FIRST + GROUP
    return {
        "board": found,
        "groups": _groups(rows if whole else rows[:FIRST], words),
        "rest": 0 if whole else len(rows) - FIRST,
        "whole": "whole" in request.GET,
        "filter_hint": f"Filter {len(rows)} app{'s' if len(rows) != 1 else ''}",
        "show": show if show in SHOWS else "",
        "shows": [(name, _label(name), _count(found, name)) for name in SHOWS],
        "may_configure": not found.rows and rights.may(person, "configure"),
        "who_configures": "" if found.rows else rights.who_may("configure"),
        "query": request.GET.get("q", ""),
        "clock": cells.Clock(),
    }


def _label(name: str) -> str:
    return name.capitalize()


def _count(found: boards.Board, name: str) -> int:
    return 0 if name == "mine" else sum(SHOWS[name](row) for row in found.rows)


def _groups(rows: list[Row], words: list[str]) -> list[dict[str, Any]]:
    """Cut the rows into groups: the person's own first, under no head, then everything else."""
    own = [row for row in rows if row.starred or row.mine]
    rest = rows[len(own) :]
    drawn: list[dict[str, Any]] = []
    if own:
        drawn.append(_group(own, words))
    if own and rest:
        drawn.append({"head": "Everything else", "rows": []})
    starts = range(0, len(rest), GROUP)
    return [*drawn, *(_group(rest[start : start + GROUP], words) for start in starts)]


def _group(rows: list[Row], words: list[str]) -> dict[str, Any]:
    """Return rows that are drawn together: a long group only when it is near, as a short one, whose
    height the browser would guess wrong, would move what is below it."""
    shown = [(row, _is_hidden(row, words)) for row in rows]
    return {"rows": shown, "is_long": len(rows) >= GROUP}


def _is_hidden(row: Row, words: list[str]) -> bool:
    """Filter as static/js/filter.js does, for those without it."""
    text = f"{row.application.name} {row.application.repository.name}".lower()
    return not all(word in text for word in words)


@require_POST
@translated
def star(request: HttpRequest) -> HttpResponse:
    """Give an application a star, or take it back."""
    person = person_of(request)
    name = request.POST.get("give") or request.POST.get("take", "")
    change = stars.give if "give" in request.POST else stars.take
    change(person, lookup.application_for(person, name))
    back = request.POST.get("back", "")
    return redirect(back if url_has_allowed_host_and_scheme(back, None) else "board")
