"""/settings/reports/: what GitHub was told of deployments, what it could not be told, and why."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from deployments.models import ForgeReport, Repository
from deployments.selectors import lookup
from deployments.selectors import reports as reading
from deployments.services import reports
from deployments.web.doors import person_of
from deployments.web.settings.pages import done, page, show

PAGE = 50
# The sign and the word that each state has here.
LOOKS = {
    "waiting": ("queued", "Waiting"),
    "failed": ("failed", "Given up"),
    "told": ("success", "Told"),
}
TABS = {"": "All", **{state: word for state, (_, word) in LOOKS.items()}}


@require_safe
@page
def index(request: HttpRequest) -> HttpResponse:
    """Show the forges with their last contact, and the deployments, newest first."""
    apps = reading.kept(person_of(request))
    every = reading.every(apps)
    state = request.GET.get("state", "")
    state = state if state in LOOKS else ""
    rows = _before(_in(every, state), request.GET.get("before", ""))
    found = list(rows[: PAGE + 1])
    context = {
        "contacts": reading.contacts(apps),
        "tabs": [_tab(every, each, state) for each in TABS],
        "reports": [_row(one) for one in reading.page(found[:PAGE])],
        "older": _address(state, found[PAGE - 1].deployment_id) if len(found) > PAGE else "",
    }
    return show(request, "reports.html", context)


@require_POST
@page
def again(request: HttpRequest, number: int) -> HttpResponse:
    """Have GitHub told of one deployment anew."""
    person = person_of(request)
    reports.tell_again(lookup.deployment_for(person, number), person)
    return done(request, f"GitHub is told of #{number} again.", "reports")


@require_POST
@page
def again_all(request: HttpRequest, number: int) -> HttpResponse:
    """Have GitHub told of all that was given up of a repository, of whose apps one is kept."""
    person = person_of(request)
    kept = Repository.objects.filter(applications__in=reading.kept(person)).distinct()
    count = reports.tell_all_again(get_object_or_404(kept, pk=number), person)
    many = "1 deployment" if count == 1 else f"{count} deployments"
    return done(request, f"GitHub is told of {many} again.", "reports")


@require_POST
@page
def switch(request: HttpRequest, application: str) -> HttpResponse:
    """Say whether GitHub is told of the app's deployments from now on."""
    person = person_of(request)
    app = lookup.application_for(person, application)
    reports.switch(app, "on" in request.POST, person)
    text = (
        f"GitHub is told of each deployment of {app} that is asked for from now on."
        if app.reports
        else f"GitHub is told nothing of {app} any more."
    )
    return done(request, text, "application-settings", app.name)


def _in(every: QuerySet[ForgeReport], state: str) -> QuerySet[ForgeReport]:
    return every.filter(state=state) if state else every


def _before(rows: QuerySet[ForgeReport], before: str) -> QuerySet[ForgeReport]:
    is_number = before.isascii() and before.isdigit() and len(before) < 19
    return rows.filter(deployment__lt=int(before)) if is_number else rows


def _row(one: reading.Shown) -> dict[str, Any]:
    sign, word = LOOKS[one.report.state]
    return {"shown": one, "report": one.report, "sign": sign, "word": word}


def _tab(every: QuerySet[ForgeReport], state: str, current: str) -> dict[str, Any]:
    counted = _in(every, state).count() if state in ("waiting", "failed") else 0
    return {
        "label": TABS[state],
        "url": _address(state),
        "current": state == current,
        "count": counted,
    }


def _address(state: str, before: int = 0) -> str:
    query = urlencode({key: each for key, each in (("state", state), ("before", before)) if each})
    return reverse("reports") + (f"?{query}" if query else "")
