"""Import apps.json: look at what would be made, then have it made."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from deployments import rights
from deployments.models import Person
from deployments.selectors import importing as reading
from deployments.services import importing
from deployments.web.doors import person_of
from deployments.web.settings.import_forms import ImportForm, opened, sealed
from deployments.web.settings.pages import page, saved, show


@require_http_methods(["GET", "HEAD", "POST"])
@page
def import_apps(request: HttpRequest) -> HttpResponse:
    """Ask for the file; then show what would come of it; then what came of it."""
    person = person_of(request)
    rights.require(person, "configure")
    if "sealed" in request.POST:
        given = opened(request.POST["sealed"], person)
        outcomes = importing.bring(given, person, via="web")
        return show(request, "imported.html", {"outcomes": outcomes})
    form = ImportForm(request.POST or None, request.FILES or None)
    context: dict[str, Any] = {"form": form, "patience": reading.PATIENCE}
    if request.method == "POST" and form.is_valid():
        saved(form, lambda: context.update(_looked_at(form, person)), form.source)
    return show(request, "import.html", context)


def _looked_at(form: ImportForm, person: Person) -> dict[str, Any]:
    given = form.given
    found = reading.propose(given, person)
    return {
        "proposals": found,
        "sealed": sealed(given, person),
        "count": sum(one.state == "new" for one in found),
    }
