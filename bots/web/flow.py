"""The built-in chat's pages: rooms, deployment threads, and what is said in them."""

from __future__ import annotations

import uuid
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from bots import conversation
from bots.models import Post, Room
from bots.web import talk
from deployments.exceptions import DeploymentError
from deployments.web.doors import person_of
from deployments.web.errors import translated
from deployments.web.live import stream_url


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Show the team inbox beside the first room."""
    first = Room.objects.first()
    if first is None:
        return render(request, "bots/no_rooms.html")
    return _page(request, first, None, opened=False)


@require_safe
def room(request: HttpRequest, slug: str) -> HttpResponse:
    return _page(request, get_object_or_404(Room, slug=slug), None, opened=True)


@require_safe
def thread(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    found = get_object_or_404(Room, slug=slug)
    return _page(request, found, _root(found, number), opened=True)


@require_POST
@translated
def say(request: HttpRequest, slug: str, number: int | None = None) -> HttpResponse:
    """Keep what is said; a script gets the new post back, a plain form the page."""
    where = get_object_or_404(Room, slug=slug)
    parent = _root(where, number) if number is not None else None
    text, key = request.POST.get("text", ""), request.POST.get("key", "")[:80]
    live = request.headers.get("X-Live") == "1"
    try:
        post = conversation.say(person_of(request), where, text, parent=parent, key=key)
    except DeploymentError as error:
        if not live:
            raise
        return HttpResponse(str(error), status=422, content_type="text/plain")
    if live:
        return render(request, "bots/_post.html", {"post": talk.said(post), "room": where})
    return redirect(_address(where, parent))


def _page(request: HttpRequest, where: Room, root: Post | None, *, opened: bool) -> HttpResponse:
    """Render the page, or the one pane that a live page asks for again."""
    person = person_of(request)
    pane = request.GET.get("pane", "")
    context: dict[str, Any] = {
        "live_url": stream_url(),  # before anything is read: nothing falls between
        "room": where,
        "rooms": Room.objects.all(),
        "root": talk.threaded(root) if root else None,
        "opened": opened,
        "here": _address(where, root),
        "say": _say_address(where, root),
        "key": uuid.uuid4().hex,
    }
    if pane in ("", "inbox"):
        context["inbox"] = talk.inbox(where)
    if pane in ("", "talk"):
        context["posts"] = talk.posts(where, root, person)
    if pane in ("inbox", "talk", "head"):
        return render(request, f"bots/_{pane}.html", context)
    return render(request, "bots/flow.html", context)


def _root(where: Room, number: int) -> Post:
    """Return the first post of a deployment's thread; nothing else has one."""
    roots = Post.objects.filter(room=where, parent=None, deployment__isnull=False)
    found = roots.filter(pk=min(number, 2**63 - 1)).first()
    if found is None:
        raise Http404
    return found


def _address(where: Room, root: Post | None) -> str:
    if root is None:
        return reverse("flow-room", args=[where.slug])
    return reverse("flow-thread", args=[where.slug, root.pk])


def _say_address(where: Room, root: Post | None) -> str:
    if root is None:
        return reverse("flow-say", args=[where.slug])
    return reverse("flow-reply", args=[where.slug, root.pk])
