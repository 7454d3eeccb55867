"""An application and its environments."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_safe

from deployments import lines, rights
from deployments.models import Application, Person
from deployments.selectors import applications, coming, lookup, weeks
from deployments.services import workers
from deployments.web import charts
from deployments.web.doors import person_of
from deployments.web.errors import translated
from deployments.web.live import stream_url


@gzip_page
@require_safe
@translated
def application(request: HttpRequest, name: str) -> HttpResponse:
    """Show the environments in promotion order, what is not out, how it went, and the latest."""
    person = person_of(request)
    app = lookup.application_for(person, name)
    context: dict[str, Any] = {"live_url": stream_url(), "application": app}
    context |= _now(app, person)
    if request.GET.get("part") == "now":
        return render(request, "deployments/application/_now.html", context)
    context |= {
        "recent": applications.recent(app),
        "starred": person.stars.filter(application=app).exists(),
        **_drawn(weeks.of_application(app, [stop.environment.name for stop in context["stops"]])),
        "line": lines.status(app.name),
    }
    return render(request, "deployments/application.html", context)


def _now(app: Application, person: Person) -> dict[str, Any]:
    """Say what runs where, and what waits to go out."""
    stops = applications.way(app, workers.alive("deploy"))
    return {
        "stops": stops,
        "coming": coming.coming(app, stops),
        "may_configure": rights.may(person, "configure", app),
        "who_configures": rights.who_may("configure", app),
    }


def _drawn(found: weeks.Weeks) -> dict[str, Any]:
    return {
        "weeks": found,
        "bars": charts.bars(found),
        "share": charts.share(found),
        "took": charts.took(found),
    }
