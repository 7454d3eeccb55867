"""The list below the deploy form's field: what fits the letters that were typed."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from deployments.selectors import choices as reading
from deployments.selectors import lookup
from deployments.services import pulls
from deployments.web.doors import person_of
from deployments.web.errors import translated

LONGEST = 255


@require_safe
@translated
def choices(request: HttpRequest, application: str, name: str) -> HttpResponse:
    """Show the options for `text`."""
    found = lookup.environment_for(person_of(request), application, name)
    pulls.ring_if_old(found.application)
    context = {"choices": reading.choices(found, request.GET.get("text", "")[:LONGEST])}
    return render(request, "deployments/environment/_choices.html", context)
