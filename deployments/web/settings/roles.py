"""Who may do what in one app or environment, on its own settings page."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_POST

from deployments import rights
from deployments.exceptions import Invalid
from deployments.models import Application, Environment, Person, Role
from deployments.selectors import lookup
from deployments.selectors.people import holders_of
from deployments.services import people
from deployments.web.doors import person_of
from deployments.web.settings.pages import done, page


class RoleHereForm(forms.Form):
    """Who gets which role in this place."""

    person = forms.ModelChoiceField(
        Person.objects.filter(is_active=True).order_by("username"),
        to_field_name="username",
        empty_label="Choose a person",
        error_messages={"invalid_choice": "There is nobody of that name who may sign in."},
    )
    role = forms.ChoiceField(choices=Role.Name.choices, initial="deployer")


@require_POST
@page
def give(request: HttpRequest, application: str, environment: str = "") -> HttpResponse:
    by, scope = _asked(request, application, environment)
    rights.require(by, "administer", scope)
    form = RoleHereForm(request.POST)
    if not form.is_valid():
        text = " ".join(str(fault) for faults in form.errors.values() for fault in faults)
        raise Invalid(text)
    person, role = form.cleaned_data["person"], form.cleaned_data["role"]
    people.give_role(person, role, scope, by)
    return _done(request, scope, f"{person} is {role} of {scope} now.")


@require_POST
@page
def take(request: HttpRequest, role: int, application: str, environment: str = "") -> HttpResponse:
    by, scope = _asked(request, application, environment)
    column = "environment" if isinstance(scope, Environment) else "application"
    given = get_object_or_404(Role, pk=role, **{column: scope})
    people.take_role(given, by)
    return _done(request, scope, f"The role is taken from {given.person}.")


def shown(scope: Application | Environment, reader: Person) -> dict[str, Any]:
    """Return what the page of the place says of its people."""
    may = rights.may(reader, "administer", scope)
    return {
        "holders": holders_of(scope),
        "may_give_here": may,
        "role_here": RoleHereForm(auto_id="here_%s"),
        "who_gives": "" if may else rights.who_may("administer", scope),
    }


def _asked(
    request: HttpRequest, application: str, environment: str
) -> tuple[Person, Application | Environment]:
    person = person_of(request)
    if environment:
        return person, lookup.environment_for(person, application, environment)
    return person, lookup.application_for(person, application)


def _done(request: HttpRequest, scope: Application | Environment, text: str) -> HttpResponse:
    if isinstance(scope, Environment):
        names = [scope.application.name, scope.name]
        return done(request, text, "environment-settings", *names)
    return done(request, text, "application-settings", scope.name)
