"""How releases went, week by week: a page of its own, and a fold of the board."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_safe

from deployments.selectors import weeks as reading
from deployments.web import charts
from deployments.web.doors import person_of


@gzip_page
@require_safe
def weeks(request: HttpRequest) -> HttpResponse:
    """Show all that the person may see, by environment and by application."""
    person = person_of(request)
    found = reading.of_all(person)
    context = {
        "weeks": found,
        "bars": charts.bars(found),
        "share": charts.share(found),
        "apps": reading.of_each(person),
    }
    part = request.GET.get("part") == "charts"
    template = "deployments/weeks/_charts.html" if part else "deployments/weeks.html"
    return render(request, template, context)
