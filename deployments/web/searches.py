"""Searches of the history that a person keeps."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_POST

from deployments.exceptions import Invalid
from deployments.services import searches
from deployments.web.doors import person_of


@require_POST
def save(request: HttpRequest) -> HttpResponse:
    """Keep the search, and show it again."""
    text = request.POST.get("q", "").replace("\0", "")
    try:
        name = request.POST.get("name", "").replace("\0", "")
        saved = searches.save(person_of(request), name, text)
        messages.success(request, f"Saved as “{saved}”.")
    except Invalid as error:
        messages.error(request, str(error))
    return _back(text)


@require_POST
def forget(request: HttpRequest) -> HttpResponse:
    """Keep it no longer."""
    searches.forget(person_of(request), request.POST.get("name", ""))
    return _back(request.POST.get("q", ""))


def _back(text: str) -> HttpResponse:
    query = f"?{urlencode({'q': text})}" if text else ""
    return redirect(f"{reverse('history')}{query}")
