"""What the composer offers at each key."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from bots import completing, rooms
from bots.completing import Suggestion
from bots.models import Post
from deployments.models import Deployment, Person
from deployments.web.doors import person_of

LONGEST = 10_000


@require_safe
def suggest(request: HttpRequest) -> HttpResponse:
    """Give the list for the text before the cursor; nothing where nothing fits."""
    text = request.GET.get("text", "")[:LONGEST]
    person = person_of(request)
    deployment = _deployment(request.GET.get("thread", ""), person)
    return _listed(request, completing.suggestions(text, person, deployment))


@require_safe
def people(request: HttpRequest) -> HttpResponse:
    """Give the people whom the word before the cursor may name, where nobody talks to the bot."""
    text = request.GET.get("text", "")[:LONGEST]
    return _listed(request, completing.people(text, person_of(request)))


def _listed(request: HttpRequest, found: list[Suggestion]) -> HttpResponse:
    if not found:
        return HttpResponse(status=204)
    return render(request, "bots/_suggest.html", {"suggestions": found})


def _deployment(given: str, person: Person) -> Deployment | None:
    """Return what the thread is about in which somebody writes."""
    if not given.isdecimal() or len(given) > 18:
        return None
    mine = rooms.readable(person)
    roots = Post.objects.filter(mine, pk=int(given), parent=None, deployment__isnull=False)
    root = roots.select_related("deployment__environment__application").first()
    return root.deployment if root else None
