"""/settings/: what there is, and the first step where there is nothing."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from deployments import rights
from deployments.selectors import lookup
from deployments.web.doors import person_of
from deployments.web.settings.pages import page, show


@require_safe
@page
def overview(request: HttpRequest) -> HttpResponse:
    """Show the applications with their environments."""
    person = person_of(request)
    return show(
        request,
        "overview.html",
        {
            "applications": lookup.applications_for(person).prefetch_related("environments"),
            "refusal": ""
            if rights.may(person, "configure")
            else rights.refusal(person, "configure"),
        },
    )
