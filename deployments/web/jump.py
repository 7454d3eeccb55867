"""Search or jump to: what a few words may mean, as a page and as the list of the palette."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from deployments.selectors import jump as reading
from deployments.web import menu
from deployments.web.doors import person_of


@require_safe
def jump(request: HttpRequest) -> HttpResponse:
    """Show what the words may mean, or only the list."""
    text = request.GET.get("q", "")[:200]
    words = text.lower().split()
    pages = [page for page in menu.pages(request) if all(w in page["label"].lower() for w in words)]
    found = reading.jump(person_of(request), text)
    context = {"query": text, "found": found, "pages": pages}
    part = request.GET.get("part") == "found"
    template = "deployments/jump/_found.html" if part else "deployments/jump.html"
    return render(request, template, context)
