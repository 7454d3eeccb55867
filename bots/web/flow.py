"""The built-in chat's pages: rooms, deployment threads, and what is said in them."""

from __future__ import annotations

import uuid
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_POST, require_safe

from bots import conversation, reading, rooms
from bots.models import Post, Room
from bots.web import beside, talk
from deployments import rights
from deployments.exceptions import DeploymentError
from deployments.web.doors import person_of
from deployments.web.errors import translated
from deployments.web.live import stream_url

PANES = ("inbox", "rooms", "head", "posts", "older")
ROOT = ("room", "deployment__environment__application")
MOST = 100  # posts that a live page may ask for by number


@gzip_page
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Show the team inbox beside the first room."""
    first = rooms.rooms_for(person_of(request)).first()
    if first is None:
        context = {
            "may": beside.may_make_rooms(request),
            "others": Room.objects.exists(),  # which only people who see more may read
            "who": rights.who_may("configure"),
        }
        return render(request, "bots/no_rooms.html", context)
    return _page(request, first, None, opened=False)


@gzip_page
@require_safe
def room(request: HttpRequest, slug: str) -> HttpResponse:
    return _page(request, _room(request, slug), None, opened=True)


@gzip_page
@require_safe
def thread(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    found = _room(request, slug)
    return _page(request, found, _root(found, number), opened=True)


@require_POST
@translated
def say(request: HttpRequest, slug: str, number: int | None = None) -> HttpResponse:
    """Keep what is said; a script gets the new post back, a plain form the page."""
    where = _room(request, slug)
    parent = _root(where, number) if number is not None else None
    text, key = request.POST.get("text", ""), request.POST.get("key", "")[:80]
    person, live = person_of(request), request.headers.get("X-Live") == "1"
    try:
        post = conversation.say(person, where, text, parent=parent, key=key)
    except DeploymentError as error:
        if not live:
            raise
        return HttpResponse(str(error), status=422, content_type="text/plain")
    if live:
        context = {"post": talk.said(post, person), "room": where}
        return render(request, "bots/_post.html", context)
    return redirect(address(where, parent))


@require_POST
def seen(request: HttpRequest, slug: str, number: int | None = None) -> HttpResponse:
    """Note how far the reader has come."""
    where = _room(request, slug)
    parent = _root(where, number) if number is not None else None
    last = as_number(request.POST.get("last", ""))
    if last:
        reading.mark(person_of(request), where, parent, last)
    return HttpResponse(status=204)


def address(where: Room, root: Post | None) -> str:
    if root is None:
        return reverse("flow-room", args=[where.slug])
    return reverse("flow-thread", args=[where.slug, root.pk])


def _page(request: HttpRequest, where: Room, root: Post | None, *, opened: bool) -> HttpResponse:
    """Render the page, or the one pane that a live page asks for again."""
    pane = request.GET.get("pane", "")
    context = _place(where, root) | {"opened": opened, "here": request.path}
    if not opened:
        context["title"] = "Team inbox"
    if pane not in PANES:
        return _whole(request, where, root, context)
    if pane in ("inbox", "rooms"):
        context |= getattr(beside, pane)(request)
        if pane == "inbox":
            context["unread_threads"] = reading.threads_unread(person_of(request))
    elif pane == "head":
        context["root"] = talk.threaded(root, person_of(request)) if root else None
    elif pane == "older":
        context["page"] = _talk(request, where, root)
    else:
        context["posts"] = _asked_for(request, where, root)
    return render(request, f"bots/_{pane}.html", context)


def _whole(
    request: HttpRequest, where: Room, root: Post | None, context: dict[str, Any]
) -> HttpResponse:
    person = person_of(request)
    live_url = stream_url()  # before anything is read: nothing falls between
    read = reading.last_read(person, where, root)
    page = _talk(request, where, root, read)
    if context["opened"] and page.last > read and not _is_only_fetched_ahead(request):
        reading.mark(person, where, root, page.last)
    context |= beside.inbox(request) | beside.rooms(request)
    context |= {"live_url": live_url, "page": page, "read": read}
    if root is None:
        context["told_in"] = rooms.told_in(where)
    else:
        context |= {"root": talk.threaded(root, person), "steps": talk.steps(root, person)}
    return render(request, "bots/flow.html", context)


def _place(where: Room, root: Post | None) -> dict[str, Any]:
    place = address(where, root)
    return {
        "room": where,
        "root_id": root.pk if root else 0,
        "title": str(root.deployment) if root else f"#{where.name}",
        "place": place,
        "say": f"{place}say/",
        "suggest": f"{reverse('flow-suggest')}?thread={root.pk if root else ''}",
        "key": uuid.uuid4().hex,
    }


def _talk(request: HttpRequest, where: Room, root: Post | None, read: int = 0) -> talk.Page:
    before = as_number(request.GET.get("before_post", ""))
    return talk.posts(where, root, person_of(request), before=before, read=read)


def _asked_for(request: HttpRequest, where: Room, root: Post | None) -> list[talk.Said]:
    """Return what a live page asks for: posts by their numbers, and what came after one."""
    numbers = [as_number(given) for given in request.GET.get("ids", "").split(",")][:MOST]
    given = request.GET.get("after")
    after = as_number(given) if given else None
    return talk.these(where, root, person_of(request), numbers, after)


def as_number(given: str) -> int:
    """Read a number in an address; whatever is none is nought."""
    return int(given) if given.isdecimal() and len(given) < 19 else 0


def _is_only_fetched_ahead(request: HttpRequest) -> bool:
    return "prefetch" in request.headers.get("Sec-Purpose", "")


def _room(request: HttpRequest, slug: str) -> Room:
    return get_object_or_404(rooms.rooms_for(person_of(request)), slug=slug)


def _root(where: Room, number: int) -> Post:
    """Return the first post of a deployment's thread; nothing else has one."""
    roots = Post.objects.filter(room=where, parent=None, deployment__isnull=False)
    found = roots.select_related(*ROOT).filter(pk=min(number, 2**63 - 1)).first()
    if found is None:
        raise Http404
    return found
