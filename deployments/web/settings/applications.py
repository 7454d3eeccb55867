"""The settings of an application."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_http_methods, require_POST

from deployments import lines, providers, rights
from deployments.models import Application, Person
from deployments.selectors import lookup, openings, repositories, webhooks
from deployments.services import applications, credentials, environments
from deployments.web.doors import person_of
from deployments.web.settings import roles
from deployments.web.settings.forms import (
    DefaultEnvironmentForm,
    NewApplicationForm,
    NewEnvironmentForm,
    RepositoryForm,
    SecretForm,
)
from deployments.web.settings.merging_form import AutoMergeForm
from deployments.web.settings.pages import done, page, past, saved, show
from deployments.web.settings.ways import ChooseForm, form_of

# Several forms on one page: the fields of each have ids of their own.
REPOSITORY = "repository_%s"


@require_http_methods(["GET", "HEAD", "POST"])
@page
def new(request: HttpRequest) -> HttpResponse:
    """Add an application; the repository is looked at before anything is kept."""
    person = person_of(request)
    rights.require(person, "configure")
    form = NewApplicationForm(request.POST or None)
    context: dict[str, Any] = {"form": form}
    if request.method == "POST" and form.is_valid():
        name, location = form.cleaned_data["name"], form.cleaned_data["location"]
        if "look" in request.POST:
            look_at(form, context, person)
        elif saved(
            form, lambda: applications.add(name, location, person, form.opening), "location"
        ):
            return done(
                request,
                f"{name} is added. Next: where is it deployed to?",
                "application-settings",
                name,
            )
    return show(request, "application_new.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@page
def edit(request: HttpRequest, application: str) -> HttpResponse:
    """Show the application; on POST, change what it runs."""
    person, app = _asked(request, application)
    if request.method != "POST":
        return _shown(request, app)
    rights.require(person, "configure", app)
    form = form_of(app, request.POST)
    if form.is_valid() and saved(
        form, lambda: applications.change_settings(app, form.changes, person)
    ):
        return _done(request, app, f"{app} is changed. It holds from the next deployment on.")
    return _shown(request, app, commands=form)


@require_POST
@page
def choose(request: HttpRequest, application: str) -> HttpResponse:
    """Deploy in another way from now on, with what it begins with filled in."""
    person, app = _asked(request, application)
    rights.require(person, "configure", app)
    form = ChooseForm(app, person, request.POST)
    if form.is_valid() and saved(
        form, lambda: applications.choose(app, form.cleaned_data["way"], person), "way"
    ):
        label = dict(form.fields["way"].choices)[form.cleaned_data["way"]]  # type: ignore[attr-defined]
        text = f"{app} is deployed by {label} from now on. Look through what it does below."
        return _done(request, app, text)
    return _shown(request, app, choose=form)


@require_POST
@page
def move(request: HttpRequest, application: str) -> HttpResponse:
    """Look at a repository, or take the code from it from now on."""
    person, app = _asked(request, application)
    rights.require(person, "configure", app)
    form = RepositoryForm(request.POST, auto_id=REPOSITORY)
    context: dict[str, Any] = {"repository": form}
    if not form.is_valid():
        return _shown(request, app, **context)
    location, merged = form.cleaned_data["location"], app.auto_merge
    if "look" in request.POST:
        look_at(form, context, person)
    elif saved(form, lambda: applications.move(app, location, person, form.opening), "location"):
        off = " Auto-merge is off there." if merged and not app.auto_merge else ""
        return _done(request, app, f"The code of {app} comes from {location} now.{off}")
    return _shown(request, app, **context)


@require_POST
@page
def set_default_environment(request: HttpRequest, application: str) -> HttpResponse:
    person, app = _asked(request, application)
    form = DefaultEnvironmentForm(app, request.POST)
    if form.is_valid():
        name = form.cleaned_data["default_environment"]
        applications.set_default_environment(app, name, person)
        line = lines.deploy(app.name)
        return _done(request, app, f"“{line}” goes to {name or 'the place that is named'}.")
    return _shown(request, app, default=form)


@require_POST
@page
def set_auto_merge(request: HttpRequest, application: str) -> HttpResponse:
    """Have the default branch merged into branches that are deployed, or not any more."""
    person, app = _asked(request, application)
    rights.require(person, "configure", app)
    form = AutoMergeForm(app, request.POST)
    if form.is_valid():
        wanted = form.cleaned_data["auto_merge"]
        if saved(form, lambda: applications.set_auto_merge(app, wanted, person), "auto_merge"):
            does = "Branches get what they lack" if wanted else "Branches are deployed as they are"
            return _done(request, app, f"{does} from now on.")
    return _shown(request, app, merging=form)


@require_POST
@page
def add_environment(request: HttpRequest, application: str) -> HttpResponse:
    person, app = _asked(request, application)
    rights.require(person, "configure", app)
    form = NewEnvironmentForm(app, request.POST, auto_id="new_%s")
    if form.is_valid():
        given = form.cleaned_data
        name, values = given["name"], {key: given[key] for key in ("url", "production")}
        if saved(form, lambda: environments.add(app, name, person, **values)):
            return done(
                request,
                f"{app}/{name} is added. Next: the hosts it runs on.",
                "environment-settings",
                app.name,
                name,
            )
    return _shown(request, app, environment=form)


@require_POST
@page
def set_secret(request: HttpRequest, application: str) -> HttpResponse:
    person, app = _asked(request, application)
    rights.require(person, "configure", app)
    form = SecretForm(request.POST)
    if form.is_valid():
        name, value = form.cleaned_data["name"], form.cleaned_data["value"]
        if saved(form, lambda: credentials.set_secret(name, value, person, application=app)):
            return _done(request, app, f"{name} is kept for every environment of {app}.")
    return _shown(request, app, secret=form)


@require_POST
@page
def remove_secret(request: HttpRequest, application: str) -> HttpResponse:
    person, app = _asked(request, application)
    secret = get_object_or_404(app.secrets, name=request.POST.get("name", ""))
    credentials.remove_secret(secret, person)
    return _done(request, app, f"{secret.name} is removed.")


def look_at(form: RepositoryForm, context: dict[str, Any], person: Person) -> None:
    """Show what the repository says of itself, or why it says nothing."""
    location = form.cleaned_data["location"]
    saved(
        form,
        lambda: context.update(look=repositories.look(location, person, form.opening)),
        "location",
    )


def _asked(request: HttpRequest, name: str) -> tuple[Person, Application]:
    person = person_of(request)
    return person, lookup.application_for(person, name)


def _done(request: HttpRequest, app: Application, text: str) -> HttpResponse:
    return done(request, text, "application-settings", app.name)


def _shown(request: HttpRequest, app: Application, **forms: Any) -> HttpResponse:
    """Render the page with these forms, and fresh ones for the rest."""
    person = person_of(request)
    may = rights.may(person, "configure", app)
    provider = providers.provider(app.provider)
    context = {
        "app": app,
        **past(app, request),
        **roles.shown(app, person),
        "environments": app.environments.all(),
        "secrets": app.secrets.all(),
        "may": may,
        "refusal": "" if may else rights.refusal(person, "configure", app),
        "repository": RepositoryForm(
            initial={"location": app.repository.location, "forge": app.repository.forge},
            auto_id=REPOSITORY,
        ),
        "opened": openings.of(app.repository),
        "webhook": webhooks.of(app.repository),
        "default": DefaultEnvironmentForm(app),
        "merging": AutoMergeForm(app),
        "commands": form_of(app),
        "choose": ChooseForm(app, person),
        "runs_here": provider.runs_here,
        "takes_hosts": provider.takes_hosts,
        "environment": NewEnvironmentForm(app, auto_id="new_%s"),
        "secret": SecretForm(auto_id="secret_%s"),
    }
    return show(request, "application.html", {**context, **forms})
