"""The settings of an environment: what it is, its hosts, its key, what it runs, its secrets."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_http_methods, require_POST

from deployments import providers, rights
from deployments.blockers import runs_here
from deployments.models import Environment, Person, Placement
from deployments.selectors import lookup, readiness
from deployments.services import credentials, environments, hosts
from deployments.web.doors import person_of
from deployments.web.settings import roles
from deployments.web.settings.forms import (
    EnvironmentForm,
    KeyForm,
    NewPlacedHostForm,
    PlaceForm,
    SecretForm,
)
from deployments.web.settings.pages import done, page, past, saved, show
from deployments.web.settings.trial import Trial, entered, try_connection
from deployments.web.settings.ways import environment_form_of


@require_http_methods(["GET", "HEAD", "POST"])
@page
def edit(request: HttpRequest, application: str, environment: str) -> HttpResponse:
    """Show the environment; on POST, change what it is."""
    person, env = _asked(request, application, environment)
    if request.method != "POST":
        return _shown(request, env)
    rights.require(person, "configure", env)
    form = EnvironmentForm(request.POST, instance=env)
    if form.is_valid() and saved(
        form, lambda: environments.change(env, person, **form.cleaned_data)
    ):
        return _done(request, env, f"{env} is changed.")
    return _shown(request, env, details=form)


@require_POST
@page
def put_earlier(request: HttpRequest, application: str, environment: str) -> HttpResponse:
    person, env = _asked(request, application, environment)
    environments.put_earlier(env, person)
    text = f"{env.name} comes one place earlier."
    return done(request, text, "application-settings", env.application.name)


@require_POST
@page
def set_commands(request: HttpRequest, application: str, environment: str) -> HttpResponse:
    person, env = _asked(request, application, environment)
    rights.require(person, "configure", env)
    form = environment_form_of(env, request.POST)
    if form.is_valid() and saved(
        form, lambda: environments.change_settings(env, form.changes, person)
    ):
        return _done(request, env, f"{env} is changed. It holds from the next deployment on.")
    return _shown(request, env, commands=form)


@require_POST
@page
def place(request: HttpRequest, application: str, environment: str) -> HttpResponse:
    """Place a host that Shipmate knows."""
    person, env = _asked(request, application, environment)
    rights.require(person, "configure", env)
    form = PlaceForm(lookup.free_hosts_for(person, env), request.POST)
    if form.is_valid():
        host, roles = form.cleaned_data["host"], form.cleaned_data["roles"]
        if saved(form, lambda: environments.place(env, host, roles, person)):
            return _done(request, env, f"{host} is in {env}.")
    return _shown(request, env, place=form)


@require_POST
@page
def place_new(request: HttpRequest, application: str, environment: str) -> HttpResponse:
    """Add a host and place it."""
    person, env = _asked(request, application, environment)
    rights.require(person, "configure", env)
    form = NewPlacedHostForm(request.POST)
    if form.is_valid():
        given = dict(form.cleaned_data)
        roles, name = given.pop("roles"), given["name"]
        if saved(form, lambda: environments.place_new(env, roles, person, **given)):
            return _done(request, env, f"{name} is added, and in {env}.")
    return _shown(request, env, new_host=form)


@require_POST
@page
def change_roles(
    request: HttpRequest, application: str, environment: str, host: str
) -> HttpResponse:
    person, env = _asked(request, application, environment)
    placement = _placement(env, host)
    roles = request.POST.get("roles", "").replace(",", " ").split()
    environments.place(env, placement.host, roles, person)
    return _done(request, env, f"{host} is changed.")


@require_POST
@page
def unplace(request: HttpRequest, application: str, environment: str, host: str) -> HttpResponse:
    person, env = _asked(request, application, environment)
    environments.unplace(_placement(env, host), person)
    return _done(request, env, f"{host} is out of {env}. What lies on it stays.")


@require_POST
@page
def make_key(request: HttpRequest, application: str, environment: str) -> HttpResponse:
    person, env = _asked(request, application, environment)
    credentials.make_key(env, person)
    return _done(request, env, "The key is made. Put its public line on each host.")


@require_POST
@page
def give_key(request: HttpRequest, application: str, environment: str) -> HttpResponse:
    person, env = _asked(request, application, environment)
    rights.require(person, "configure", env)
    form = KeyForm(request.POST)
    if form.is_valid():
        private = form.cleaned_data["private"]
        if saved(form, lambda: credentials.give_key(env, private, person), "private"):
            return _done(request, env, "The key is kept. It is never shown again.")
    return _shown(request, env, key=form)


@require_POST
@page
def set_secret(request: HttpRequest, application: str, environment: str) -> HttpResponse:
    person, env = _asked(request, application, environment)
    rights.require(person, "configure", env)
    form = SecretForm(request.POST)
    if form.is_valid():
        name, value = form.cleaned_data["name"], form.cleaned_data["value"]
        if saved(form, lambda: credentials.set_secret(name, value, person, environment=env)):
            return _done(request, env, f"{name} is kept for {env}.")
    return _shown(request, env, secret=form)


@require_POST
@page
def remove_secret(request: HttpRequest, application: str, environment: str) -> HttpResponse:
    person, env = _asked(request, application, environment)
    secret = get_object_or_404(env.secrets, name=request.POST.get("name", ""))
    credentials.remove_secret(secret, person)
    return _done(request, env, f"{secret.name} is removed.")


@require_http_methods(["GET", "HEAD", "POST"])
@page
def test(request: HttpRequest, application: str, environment: str, host: str) -> HttpResponse:
    """Test the connection, and show the result where the host stands."""
    person, env = _asked(request, application, environment)
    if request.method != "POST":  # the page was loaded again
        return redirect("environment-settings", env.application.name, env.name)
    return _shown(request, env, trial=try_connection(request, _placement(env, host), person))


@require_POST
@page
def accept_key(request: HttpRequest, application: str, environment: str, host: str) -> HttpResponse:
    """Accept the key that the page showed, and go on with the test."""
    person, env = _asked(request, application, environment)
    placement = _placement(env, host)
    hosts.accept_key(placement.host, request.POST.get("line", ""), person)
    messages.success(request, f"The key of {host} is accepted.")
    return _shown(request, env, trial=try_connection(request, placement, person))


def _asked(request: HttpRequest, application: str, name: str) -> tuple[Person, Environment]:
    person = person_of(request)
    return person, lookup.environment_for(person, application, name)


def _placement(environment: Environment, host: str) -> Placement:
    rows = environment.placements.select_related("host", "environment__application")
    return get_object_or_404(rows, host__name=host)


def _done(request: HttpRequest, environment: Environment, text: str) -> HttpResponse:
    return done(
        request, text, "environment-settings", environment.application.name, environment.name
    )


def _shown(
    request: HttpRequest, asked: Environment, *, trial: Trial | None = None, **forms: Any
) -> HttpResponse:
    """Render the page with these forms, and fresh ones for the rest."""
    person = person_of(request)
    # Anew: a form that was refused has left its values in the object.
    environment = lookup.environments_for(person).get(pk=asked.pk)
    free = lookup.free_hosts_for(person, environment)
    may = rights.may(person, "configure", environment)
    steps = readiness.steps(environment, entered(request, environment))
    context = {
        "environment": environment,
        **past(environment, request),
        **roles.shown(environment, person),
        "app": environment.application,
        "placements": environment.placements.select_related("host"),
        "trial": trial,
        "runs_here": runs_here(environment),
        "steps": steps,
        "takes_hosts": providers.provider(environment.application.provider).takes_hosts,
        "is_ready": all(step.done for step in steps[:-1]) and not environment.current,
        "ssh_key": getattr(environment, "ssh_key", None),
        "secrets": environment.secrets.all(),
        "inherited": environment.application.secrets.exclude(
            name__in=environment.secrets.values("name")
        ),
        "may": may,
        "may_deploy": rights.may(person, "deploy", environment),
        "refusal": "" if may else rights.refusal(person, "configure", environment),
        "details": EnvironmentForm(instance=environment),
        "commands": environment_form_of(environment),
        "place": PlaceForm(free, auto_id="place_%s"),
        "has_free_hosts": free.exists(),
        "new_host": NewPlacedHostForm(auto_id="host_%s"),
        "key": KeyForm(),
        "secret": SecretForm(auto_id="secret_%s"),
    }
    return show(request, "environment.html", {**context, **forms})
