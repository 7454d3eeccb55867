"""An application and its environments."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from deployments import lines, rights
from deployments.selectors import applications, lookup
from deployments.web.doors import person_of
from deployments.web.errors import translated
from deployments.web.live import stream_url


@require_safe
@translated
def application(request: HttpRequest, name: str) -> HttpResponse:
    """Show the environments in promotion order, and what was deployed lately."""
    person = person_of(request)
    app = lookup.application_for(person, name)
    live_url = stream_url()
    context = {
        "live_url": live_url,
        "application": app,
        "stops": applications.way(app),
        "recent": applications.recent(app),
        "may_configure": rights.may(person, "configure", app),
        "who_configures": rights.who_may("configure", app),
        "line": lines.status(app.name),
    }
    part = request.GET.get("part") == "stops"
    template = "deployments/_stops.html" if part else "deployments/application.html"
    return render(request, template, context)
