"""/settings/deliveries/: what webhooks told, what came of it, and “do it again”."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from deployments.models import Delivery
from deployments.selectors import webhooks as reading
from deployments.services import coming_again
from deployments.web.doors import person_of
from deployments.web.settings.pages import done, page, show
from deployments.webhooks.github.payload import unwrapped

PAGE = 50
LONGEST_BODY = 200_000  # letters that a page shows
LINES = json.JSONEncoder(indent=2, ensure_ascii=False)
# The sign and the word that each state has here.
LOOKS = {
    "waiting": ("queued", "Waiting"),
    "handled": ("success", "Handled"),
    "unhandled": ("superseded", "Unhandled"),
    "failed": ("failed", "Failed"),
}
TABS = {"": "All", **{state: word for state, (_, word) in LOOKS.items()}}


@require_safe
@page
def index(request: HttpRequest) -> HttpResponse:
    """List deliveries, newest first."""
    every = reading.deliveries(person_of(request))
    asked = {key: request.GET.get(key, "")[:200]
             for key in ("state", "event", "repository")}  # fmt: skip
    asked["state"] = asked["state"] if asked["state"] in LOOKS else ""
    rows = _before(_fitting(every, asked), request.GET.get("before", ""))
    found = list(rows.defer("body", "headers")[: PAGE + 1])
    context = {
        "tabs": [_tab(every, {**asked, "state": state}, asked["state"]) for state in TABS],
        "asked": asked,
        "filtered": bool(asked["event"] or asked["repository"]),
        "deliveries": [_row(row) for row in found[:PAGE]],
        "older": _address({**asked, "before": str(found[PAGE - 1].pk)} if found[PAGE:] else {}),
        "has_older": len(found) > PAGE,
    }
    return show(request, "deliveries.html", context)


@require_safe
@page
def one(request: HttpRequest, number: int) -> HttpResponse:
    """Show one, with its headers and its body."""
    found = reading.delivery(person_of(request), number)
    text, is_cut = body_text(bytes(found.body), found.headers.get("Content-Type", ""))
    context = {**_row(found), "text": text, "is_cut": is_cut, "size": len(found.body)}
    context["earlier"] = [_attempt(one) for one in reversed(found.attempts_before)]
    return show(request, "delivery.html", context)


@require_POST
@page
def again(request: HttpRequest, number: int) -> HttpResponse:
    """Have one handled anew."""
    person = person_of(request)
    found = reading.delivery(person, number)
    is_rung = coming_again.do(found, person)
    text = "It is done again." if is_rung else "It still waits: nothing is done twice."
    return done(request, text, "delivery", str(number))


def body_text(raw: bytes, content_type: str) -> tuple[str, bool]:
    """Return the body as people read it, JSON with its lines, and whether some is left out."""
    text = raw.decode("utf-8", "replace")
    if len(text) <= LONGEST_BODY:
        text = _pretty(text, content_type)
    return text[:LONGEST_BODY], len(text) > LONGEST_BODY


def _pretty(text: str, content_type: str) -> str:
    """Return JSON with its lines, no more of it than is shown: what is nested deep grows a lot."""
    try:
        parts = LINES.iterencode(json.loads(unwrapped(text, content_type)))
        shown, length = list[str](), 0
        while length <= LONGEST_BODY and (part := next(parts, None)) is not None:
            shown.append(part)
            length += len(part)
    except (ValueError, RecursionError):
        return text
    return "".join(shown).encode("utf-8", "replace").decode()  # halves of signs are none


def _fitting(rows: QuerySet[Delivery], asked: dict[str, str]) -> QuerySet[Delivery]:
    """Return those that have the asked state, event and repository, as far as they are asked."""
    given = {"state": asked["state"], "event__icontains": asked["event"]}
    name = asked["repository"]
    called = Q(repository__name__icontains=name) | Q(repository__webhook__full_name__icontains=name)
    return rows.filter(called, **{key: value for key, value in given.items() if value})


def _before(rows: QuerySet[Delivery], before: str) -> QuerySet[Delivery]:
    is_number = before.isascii() and before.isdigit() and len(before) < 19
    return rows.filter(pk__lt=int(before)) if is_number else rows


def _row(row: Delivery) -> dict[str, Any]:
    """Give its looks, and the name by which GitHub knows the repository."""
    sign, word = LOOKS[row.state]
    named = getattr(row.repository, "webhook", row.repository)  # it may be taken away since
    return {"row": row, "sign": sign, "word": word, "about": str(named)}


def _attempt(kept: dict[str, str]) -> dict[str, Any]:
    """Return what came of it before it was handled anew, as the page shows it."""
    sign, word = LOOKS[kept["state"]]
    moments = {name: datetime.fromisoformat(kept[name]) for name in ("ended_at", "again_at")}
    return {**kept, **moments, "sign": sign, "word": word}


def _tab(every: QuerySet[Delivery], asked: dict[str, str], current: str) -> dict[str, Any]:
    state = asked["state"]
    counted = _fitting(every, asked).count() if state in ("waiting", "failed") else 0
    return {
        "label": TABS[state],
        "url": _address(asked),
        "current": state == current,
        "count": counted,
    }


def _address(asked: dict[str, str]) -> str:
    query = urlencode({name: value for name, value in asked.items() if value})
    return reverse("deliveries") + (f"?{query}" if query else "")
