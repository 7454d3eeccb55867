"""The history: one search, what it found, ways to narrow it, and the same as a table to keep."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

from asgiref.sync import sync_to_async
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_safe

from deployments import lines, search
from deployments.exceptions import Refused
from deployments.models import Deployment, Person
from deployments.selectors import facets, hits
from deployments.selectors import history as found
from deployments.selectors.asked import Asked, ask
from deployments.selectors.patience import TookTooLong, asking, limited
from deployments.web import table
from deployments.web.doors import person_of
from deployments.web.errors import translated


@gzip_page
@require_safe
def history(request: HttpRequest) -> HttpResponse:
    """Show a page of what is found, with the lines of logs, and what would narrow it."""
    text = _text(request)
    person = person_of(request)
    context = {"query": text, "keys": search.KEYS, "line": lines.search(text), "csv": _csv(text)}
    context |= _saved(person, text)
    try:
        asked = ask(person, text)
    except Refused as error:
        context |= {"wrong": error.reasons}
        return render(request, "deployments/history.html", context)
    context |= _found(request, asked, text)
    return render(request, "deployments/history.html", context)


def _saved(person: Person, text: str) -> dict[str, Any]:
    """Return the searches that the person keeps, and whether this is one of them."""
    saved = list(person.searches.all())
    return {"saved": saved, "is_saved": any(one.text == text for one in saved)}


@require_safe
@translated
def csv(request: HttpRequest) -> StreamingHttpResponse:
    """Give all that is found as a table, a page of rows at a time."""
    asked = ask(person_of(request), _text(request))
    base = request.build_absolute_uri("/").rstrip("/")
    answer = StreamingHttpResponse(_rows(asked, base), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="deployments.csv"'
    return answer


async def _rows(asked: Asked, base: str) -> AsyncIterator[str]:
    yield table.line(table.HEAD)
    pages = found.pages(asked, facets.MOST)
    while page := await sync_to_async(_next)(pages):
        yield "".join(table.line(table.cells(one, base)) for one in page)


def _next(pages: Iterator[list[Deployment]]) -> list[Deployment]:
    return next(pages, [])


def _text(request: HttpRequest) -> str:
    return request.GET.get("q", "").replace("\0", "").strip()


def _csv(text: str) -> str:
    return f"{reverse('history-csv')}?{urlencode({'q': text})}" if text else reverse("history-csv")


def _found(request: HttpRequest, asked: Asked, text: str) -> dict[str, Any]:
    started = time.perf_counter()
    before, after = _number(request, "before"), _number(request, "after")
    with limited():
        tally = facets.tally(asked)
        page = found.page(asked, before=before, after=after, newest=tally.found)
        texts = asked.query.texts
        shown = _hits(page.deployments, texts)
    return {
        "tally": tally,
        "deployments": [(one, (shown or {}).get(one.pk)) for one in page.deployments],
        "texts": texts,
        "newer": page.newer and _here(text, after=page.newer),
        "older": page.older and _here(text, before=page.older),
        "first": (before or after) and _here(text),
        "reached": page.reached,
        "without_lines": shown is None,
        "unindexed": bool(texts) and hits.are_some_unindexed(),
        "took": round((time.perf_counter() - started) * 1000),
    }


def _hits(deployments: list[Deployment], texts: list[str]) -> dict[int, hits.Hits] | None:
    """Return the lines to show, or nothing if reading them takes too long."""
    try:
        with asking():
            return hits.hits(deployments, texts)
    except TookTooLong:
        return None


def _here(text: str, **place: int) -> str:
    return "?" + urlencode([*([("q", text)] if text else []), *place.items()])


def _number(request: HttpRequest, name: str) -> int:
    given = request.GET.get(name, "")
    return int(given) if given.isdecimal() and len(given) < 19 else 0
