"""Posts apart from their rooms: those in which the reader is named, and those that they keep."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.safestring import SafeString
from django.views.decorators.http import require_http_methods, require_safe

from bots import keeping, mentions, reading
from bots.models import Kept, Post, PostMention
from bots.web import beside
from bots.web.flow import address, as_number
from deployments.exceptions import NotFound
from deployments.models import Person
from deployments.web.doors import person_of
from deployments.web.live import stream_url

SHOWN = 50
AROUND = 20  # numbers after a post, so that some of the answers stand below it
RELATED = (
    "post__room",
    "post__person",
    "post__deployment__environment__application",
    "post__parent__deployment__environment__application",
)
Row = PostMention | Kept


@dataclass(frozen=True)
class Apart:
    post: Post
    words: SafeString
    url: str
    is_new: bool
    is_kept: bool


@require_safe
def mentioned(request: HttpRequest) -> HttpResponse:
    person = person_of(request)
    rows = mentions.seen_by(person).select_related(*RELATED)
    before = as_number(request.GET.get("before", ""))
    if before:
        rows = rows.filter(post_id__lt=before)
    fresh = reading.mentions_unread(person).values_list("post_id", flat=True)[:SHOWN]
    found = list(rows[: SHOWN + 1])
    older = found[SHOWN - 1].post_id if len(found) > SHOWN else 0
    return _listed(request, "Mentions", found[:SHOWN], older, set(fresh))


@require_http_methods(["GET", "HEAD", "POST"])
def kept(request: HttpRequest) -> HttpResponse:
    """List what is kept, the last first; on POST, keep a post or drop it."""
    if request.method == "POST":
        return _keep_or_drop(request)
    rows = keeping.kept_by(person_of(request)).select_related(*RELATED)
    before = as_number(request.GET.get("before", ""))
    if before:
        rows = rows.filter(pk__lt=before)
    found = list(rows[: SHOWN + 1])
    older = found[SHOWN - 1].pk if len(found) > SHOWN else 0
    return _listed(request, "Kept", found[:SHOWN], older)


def _keep_or_drop(request: HttpRequest) -> HttpResponse:
    """A script gets nothing back, a plain form the place where the post stands."""
    person = person_of(request)
    post: Post | None
    try:
        if "keep" in request.POST:
            post = keeping.keep(person, as_number(request.POST["keep"]))
        else:
            post = keeping.drop(person, as_number(request.POST.get("drop", "")))
    except NotFound as error:
        raise Http404 from error
    if request.headers.get("X-Live") == "1":
        return HttpResponse(status=204)
    return redirect(_url(post) if post else "flow-kept")


def _listed(
    request: HttpRequest,
    title: str,
    rows: Sequence[Row],
    older: int,
    fresh: Collection[int] = frozenset(),
) -> HttpResponse:
    person = person_of(request)
    context: dict[str, Any] = {"live_url": stream_url(), "here": request.path, "title": title}
    context |= beside.rooms(request)
    if request.GET.get("pane") == "rooms":
        return render(request, "bots/_rooms.html", context)
    posts = [row.post for row in rows]
    of = keeping.among(person, posts)
    context["listed"] = [_apart(post, person, post.pk in fresh, post.pk in of) for post in posts]
    return render(request, "bots/apart.html", {**context, "older": older})


def _apart(post: Post, person: Person, is_new: bool, is_kept: bool) -> Apart:
    words = mentions.drawn(post.text, [person], person)
    return Apart(post, words, _url(post), is_new, is_kept)


def _url(post: Post) -> str:
    """Return where the post stands, among what was said around it."""
    if post.deployment_id is not None:
        return address(post.room, post)
    return f"{address(post.room, post.parent)}?before_post={post.pk + AROUND}#post-{post.pk}"
