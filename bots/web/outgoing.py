"""/settings/outgoing/: what waits to be sent, what was given up and why, and “send again”."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from bots import outgoing
from bots.messages import from_json
from bots.models import ChatRoom, Outgoing
from bots.rendering import plain
from deployments import rights
from deployments.web.doors import person_of
from deployments.web.settings.pages import done, page, shared

PAGE, LONGEST = 50, 200
# The sign and the word that each state has here.
LOOKS = {
    "waiting": ("queued", "Waiting"),
    "sent": ("success", "Sent"),
    "failed": ("failed", "Given up"),
}
TABS = {"": "All", "waiting": "Waiting", "failed": "Given up", "sent": "Sent"}


@require_safe
@page
def index(request: HttpRequest) -> HttpResponse:
    """Show the rooms outside with their last contact, and the messages, newest first."""
    rights.require(person_of(request), "administer")
    state = request.GET.get("state", "")
    state = state if state in TABS else ""
    room = ChatRoom.objects.filter(pk=_number(request.GET.get("room", ""))).first()
    found = list(_found(state, room, _number(request.GET.get("before", "")))[: PAGE + 1])
    context = {
        "tabs": [_tab(key, label, state, room) for key, label in TABS.items()],
        "rooms": _rooms(),
        "room": room,
        "messages_out": [_row(row) for row in found[:PAGE]],
        "older": _address(state, room, before=found[PAGE - 1].pk) if len(found) > PAGE else "",
    }
    return render(request, "bots/outgoing.html", {**shared(request), **context})


@require_POST
@page
def again(request: HttpRequest, number: int) -> HttpResponse:
    """Have one message wait anew."""
    rights.require(person_of(request), "administer")
    row = get_object_or_404(Outgoing, pk=number)
    return _done(request, Outgoing.objects.filter(pk=row.pk))


@require_POST
@page
def again_in_room(request: HttpRequest, number: int) -> HttpResponse:
    """Have all that was given up for a room wait anew."""
    rights.require(person_of(request), "administer")
    return _done(request, get_object_or_404(ChatRoom, pk=number).outgoing.all())


def given_up(request: HttpRequest) -> int:
    """Count what was given up, for the menu."""
    return Outgoing.objects.filter(state="failed").count()


def _done(request: HttpRequest, rows: QuerySet[Outgoing]) -> HttpResponse:
    count = outgoing.send_again(rows, person_of(request))
    if not count:
        return done(request, "Nothing had been given up there: nothing is sent again.", "outgoing")
    many = "1 message is" if count == 1 else f"{count} messages are"
    return done(request, f"{many} on the way again.", "outgoing")


# ---- What the page shows ----


def _found(state: str, room: ChatRoom | None, before: int) -> QuerySet[Outgoing]:
    related = ("room", "author", "thread__deployment__environment__application")
    rows = Outgoing.objects.select_related(*related).order_by("-pk")
    if state:
        rows = rows.filter(state=state)
    if room is not None:
        rows = rows.filter(room=room)
    return rows.filter(pk__lt=before) if before else rows


def _rooms() -> list[dict[str, Any]]:
    """Return the rooms outside, and those of the built-in chat where something is amiss."""
    waiting, failed = _counts("waiting"), _counts("failed")
    amiss = Q(connection__isnull=False) | Q(failures__gt=0) | Q(pk__in=failed)
    rooms = ChatRoom.objects.filter(amiss).select_related("connection").order_by("name", "pk")
    return [
        {
            "room": room,
            "where": room.connection.name if room.connection else "the built-in chat",
            "is_away": room.failures > 0,
            "waiting": waiting.get(room.pk, 0),
            "failed": failed.get(room.pk, 0),
            "url": _address("", room),
        }
        for room in rooms
    ]


def _counts(state: str) -> dict[int, int]:
    rows = Outgoing.objects.filter(state=state).order_by()
    return dict(rows.values_list("room").annotate(count=Count("pk")))


def _row(row: Outgoing) -> dict[str, Any]:
    sign, word = LOOKS[row.state]
    return {
        "row": row,
        "sign": sign,
        "word": word,
        "text": _text(row),
        "deployment": row.thread.deployment if row.thread else None,
        "next_at": _next_at(row),
    }


def _text(row: Outgoing) -> str:
    """Return what it says; what one account alone may see is shown to nobody else."""
    if row.only_for:
        return "A private answer"
    said = " ".join(plain.inline(from_json(row.message).parts).split())
    return said[:LONGEST] or "A message without words"


def _next_at(row: Outgoing) -> Any:
    """Return when it is tried next; None: as soon as a worker comes to it."""
    moments = [at for at in (row.next_at, row.room.rest_until) if at and at > timezone.now()]
    return max(moments, default=None) if row.state == "waiting" else None


def _tab(key: str, label: str, state: str, room: ChatRoom | None) -> dict[str, Any]:
    counted = _found(key, room, 0).count() if key in ("waiting", "failed") else 0
    return {
        "label": label,
        "url": _address(key, room),
        "current": key == state,
        "count": counted,
    }


def _address(state: str, room: ChatRoom | None, before: int = 0) -> str:
    asked = {"state": state, "room": room.pk if room else "", "before": before or ""}
    query = urlencode({name: value for name, value in asked.items() if value})
    return reverse("outgoing") + (f"?{query}" if query else "")


def _number(text: str) -> int:
    return min(int(text), 2**63 - 1) if text.isascii() and text.isdigit() else 0
