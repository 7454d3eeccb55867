"""Renaming, archiving and removing applications and environments: one door for each verb."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST

from deployments.models import Application, Environment
from deployments.selectors import lookup
from deployments.services import retiring
from deployments.web.doors import person_of
from deployments.web.settings.pages import done, page


@require_POST
@page
def rename(request: HttpRequest, application: str, environment: str = "") -> HttpResponse:
    thing = _asked(request, application, environment)
    old = str(thing)
    retiring.rename(thing, request.POST.get("name", "").strip(), person_of(request))
    return _done(request, thing, f"{old} is called {thing} now. Its old address is nobody's.")


@require_POST
@page
def archive(request: HttpRequest, application: str, environment: str = "") -> HttpResponse:
    thing = _asked(request, application, environment)
    retiring.archive(thing, person_of(request))
    return _done(request, thing, f"{thing} is archived. Its hosts go on as they are.")


@require_POST
@page
def revive(request: HttpRequest, application: str, environment: str = "") -> HttpResponse:
    thing = _asked(request, application, environment)
    retiring.revive(thing, person_of(request))
    return _done(request, thing, f"{thing} is back.")


@require_POST
@page
def remove(request: HttpRequest, application: str, environment: str = "") -> HttpResponse:
    thing = _asked(request, application, environment)
    said = f"{thing} is removed. What lies on its hosts stays."
    app = thing.application.name if isinstance(thing, Environment) else ""
    retiring.remove(thing, person_of(request))
    return done(request, said, *(["application-settings", app] if app else ["settings"]))


def _asked(request: HttpRequest, application: str, name: str) -> Application | Environment:
    person = person_of(request)
    if name:
        return lookup.environment_for(person, application, name)
    return lookup.application_for(person, application)


def _done(request: HttpRequest, thing: Application | Environment, text: str) -> HttpResponse:
    if isinstance(thing, Environment):
        names = [thing.application.name, thing.name]
        return done(request, text, "environment-settings", *names)
    return done(request, text, "application-settings", thing.name)
