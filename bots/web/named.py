"""The page of everything in which the reader is named."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe

from bots import mentions, reading
from bots.models import Post
from bots.web import beside
from bots.web.flow import address
from deployments.web.doors import person_of
from deployments.web.live import stream_url

SHOWN = 50
AROUND = 20  # numbers after a post, so that some of the answers stand below it


@dataclass(frozen=True)
class Named:
    post: Post
    words: SafeString
    url: str
    is_new: bool


@require_safe
def named(request: HttpRequest) -> HttpResponse:
    person = person_of(request)
    context: dict[str, Any] = {"live_url": stream_url(), "here": request.path}
    context |= {"title": "Mentions", "at_mentions": True}
    if request.GET.get("pane") == "rooms":
        return render(request, "bots/_rooms.html", context | beside.rooms(request))
    fresh = set(reading.mentions_unread(person).values_list("post_id", flat=True)[:SHOWN])
    before = request.GET.get("before", "")
    rows = mentions.seen_by(person).select_related(
        "post__room", "post__person", "post__parent__deployment__environment__application"
    )
    if before.isdecimal() and len(before) < 19:
        rows = rows.filter(post_id__lt=int(before))
    found = [row.post for row in rows[: SHOWN + 1]]
    shown = found[:SHOWN]
    context |= {
        "named": [
            Named(post, mentions.drawn(post.text, [person], person), _url(post), post.pk in fresh)
            for post in shown
        ],
        "older": shown[-1].pk if len(found) > SHOWN else 0,
    }
    return render(request, "bots/mentions.html", context | beside.rooms(request))


def _url(post: Post) -> str:
    """Return where the post stands, among what was said around it."""
    return f"{address(post.room, post.parent)}?before_post={post.pk + AROUND}#post-{post.pk}"
