"""The board: every application in every environment."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from deployments import rights
from deployments.selectors import board as boards
from deployments.services import workers
from deployments.web.doors import person_of
from deployments.web.live import stream_url


@require_safe
def board(request: HttpRequest) -> HttpResponse:
    """Show the board, or only the part that is brought up to date."""
    person = person_of(request)
    live_url = stream_url()
    midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    found = boards.board(person, since=midnight)
    words = request.GET.get("q", "").lower().split()
    context = {
        "live_url": live_url,
        "board": found,
        "rows": [(row, _is_hidden(row, words)) for row in found.rows],
        "workers": workers.alive("deploy"),
        "may_configure": not found.rows and rights.may(person, "configure"),
        "who_configures": "" if found.rows else rights.who_may("configure"),
        "query": request.GET.get("q", ""),
    }
    part = request.GET.get("part") == "board"
    return render(request, "deployments/_board.html" if part else "deployments/board.html", context)


def _is_hidden(row: boards.Row, words: list[str]) -> bool:
    """Filter as static/js/filter.js does, for those without it."""
    text = f"{row.application.name} {row.application.repository.name}".lower()
    return not all(word in text for word in words)
