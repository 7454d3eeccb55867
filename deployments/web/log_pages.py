"""A deployment's log: its tab, what follows or came before, what is found in it, the whole text."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_safe

from deployments.models import Deployment
from deployments.selectors import log, log_search, lookup
from deployments.selectors import phases as phase_table
from deployments.selectors.log import Piece
from deployments.selectors.phases import Phases
from deployments.terminal import plain
from deployments.web import logs
from deployments.web.doors import person_of
from deployments.web.errors import translated
from deployments.web.logs import Fold
from deployments.web.streaming import streamed

AT_ONCE = 6  # hosts side by side
LONGEST_SEARCH = 200  # characters
KEPT = ("view", "host", "from")  # what stays in the address from one look to the next


@dataclass(frozen=True)
class Column:
    """One box of lines: of all hosts together, or of one."""

    host: str
    piece: Piece
    folds: list[Fold]
    src: str
    earlier: str = ""  # the address of the page that shows what came before
    later: str = ""

    @property
    def follows(self) -> bool:
        return not self.piece.more


@gzip_page
@require_safe
@translated
def log_after(request: HttpRequest, number: int) -> HttpResponse:
    """Give the lines behind a chunk, or those before a line, as HTML."""
    found = lookup.deployment_for(person_of(request), number)
    host, before = request.GET.get("host", ""), number_in(request, "before")
    words = _words(request)
    if before:
        piece = log.newest(found, before, host)
    else:
        piece = log.following(found, number_in(request, "after"), host)
    if words:
        piece = replace(piece, lines=log_search.matching(piece.lines, words))
    table = phase_table.phases(found)
    folds = logs.folds(piece, table, host, always_open=True, words=words)
    answer = render(request, "deployments/deployment/_folds.html", {"folds": folds})
    answer["X-Log-After"] = str(piece.after)
    answer["X-Log-More"] = str(int(piece.more))
    answer["X-Log-End"] = str(int(found.is_finished and not piece.more))
    answer["X-Log-Earlier"] = str(piece.first if piece.earlier else 0)
    answer["Cache-Control"] = "no-store"
    return answer


@require_safe
@translated
def error_line(request: HttpRequest, number: int) -> HttpResponse:
    """Give the number of the error behind, or before, a line of the whole log."""
    found = lookup.deployment_for(person_of(request), number)
    host = request.GET.get("host", "")
    if "before" in request.GET:
        line = log_search.previous_error(found, number_in(request, "before"), host)
    else:
        line = log_search.next_error(found, number_in(request, "after"), host)
    return JsonResponse({"line": line or None})


@require_safe
@translated
def raw(request: HttpRequest, number: int) -> HttpResponseBase:
    """Give the whole log as plain text."""
    found = lookup.deployment_for(person_of(request), number)
    lines = (f"{plain(line.rstrip(chr(10)))}\n" for line in log.text(found))
    answer = streamed(request, lines, "text/plain")
    answer["Content-Disposition"] = f'inline; filename="deployment-{found.pk}.log"'
    return answer


def log_tab(request: HttpRequest, found: Deployment, table: Phases) -> dict[str, Any]:
    """Return what the log's tab shows: lines, or those that hold what is searched."""
    names = [row.host for row in table.hosts]
    host = request.GET.get("host", "")
    host = host if host in names else ""
    side_by_side = request.GET.get("view") == "hosts" and len(names) > 1 and not host
    words = _words(request)
    context = {
        "only_host": host,
        "views": _views(request, side_by_side) if len(names) > 1 else [],
        "words": words,
        "kept": {name: request.GET[name] for name in KEPT if request.GET.get(name)},
        "log_ended": found.is_finished,
        "whole_log": _address(request, q=""),
    }
    if words:
        return context | _found(request, found, table, words, host)
    if side_by_side:
        return context | _side_by_side(request, found, table, names)
    column = _column(request, found, table, host)
    return context | {"columns": [column], "errors": _errors(found, [column])}


def _words(request: HttpRequest) -> str:
    return request.GET.get("q", "").replace("\x00", "").strip()[:LONGEST_SEARCH]


def _errors(found: Deployment, columns: list[Column]) -> log_search.Errors:
    """Count the errors of all that the columns are about, also what they do not show."""
    if any(column.piece.earlier or column.piece.more for column in columns):
        return log_search.errors(found, columns[0].host if len(columns) == 1 else "")
    shown = [line.number for column in columns for line in column.piece.lines if line.is_error]
    return log_search.Errors(len(shown), min(shown, default=0))


def _found(
    request: HttpRequest, found: Deployment, table: Phases, words: str, host: str
) -> dict[str, Any]:
    """Return the lines that hold the words; those still to be written are followed."""
    behind = number_in(request, "behind")
    hits = log_search.find(found, words, host, behind)
    piece = Piece(hits.lines, after=hits.after, more=hits.more)
    asked = {"q": words} | ({"host": host} if host else {})
    follows = not hits.more and not found.is_finished
    return {
        "hits": len(hits.lines),
        "behind": behind,
        "more_hits": _address(request, q=words, behind=str(hits.last)) if hits.more else "",
        "found_after": hits.after,
        "follow_src": f"{reverse('deployment-log', args=[found.pk])}?{urlencode(asked)}"
        if follows
        else "",
        "folds": logs.folds(piece, table, always_open=True, words=words),
    }


def _side_by_side(
    request: HttpRequest, found: Deployment, table: Phases, names: list[str]
) -> dict[str, Any]:
    start = number_in(request, "from")
    start = start if start < len(names) else 0
    columns = [
        _column(request, found, table, host) for host in names[start : start + AT_ONCE]
    ]  # a query or two for each box; at most six boxes
    following = start + AT_ONCE
    return {
        "columns": columns,
        "side_by_side": True,
        "errors": _errors(found, columns),
        "hosts_before": _address(request, **{"from": str(max(0, start - AT_ONCE))})
        if start
        else "",
        "hosts_after": _address(request, **{"from": str(following)})
        if following < len(names)
        else "",
    }


def _column(request: HttpRequest, found: Deployment, table: Phases, host: str) -> Column:
    before, at = number_in(request, "before"), number_in(request, "at")
    piece = log.around(found, at, host) if at else log.newest(found, before, host)
    src = reverse("deployment-log", args=[found.pk])
    return Column(
        host,
        piece,
        logs.folds(piece, table, host),
        f"{src}?{urlencode({'host': host})}" if host else src,
        earlier=_address(request, before=str(piece.first)) if piece.earlier else "",
        later=_address(request, at=str(piece.last + 1)) if piece.more and piece.last else "",
    )


def _views(request: HttpRequest, side_by_side: bool) -> list[dict[str, Any]]:
    return [
        {
            "label": "Merged",
            "url": _address(request, view="", host=""),
            "current": not side_by_side,
        },
        {
            "label": "Side by side",
            "url": _address(request, view="hosts", host=""),
            "current": side_by_side,
        },
    ]


def _address(request: HttpRequest, **changed: str) -> str:
    """Return the address of another look at the same log."""
    kept = {name: request.GET.get(name, "") for name in KEPT} | changed
    given = {name: value for name, value in kept.items() if value}
    return f"?{urlencode(given)}" if given else request.path


def number_in(request: HttpRequest, name: str) -> int:
    """Return a number of the address; what is none counts as nought."""
    given = request.GET.get(name, "")
    return int(given) if given.isascii() and given.isdecimal() and len(given) < 10 else 0
