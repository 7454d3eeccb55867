"""What the settings pages share: the way in, the menu beside the page, and how a form is saved."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from deployments.exceptions import DeploymentError, NotAllowed, NotFound
from deployments.models import Application, Environment, Host, Person
from deployments.selectors import audit
from deployments.web import menu
from deployments.web.doors import person_of
from deployments.web.errors import P, View, translated

LONGEST_NAME = 200
WRITE_ONLY = ("value", "private", "password", "secret", "token", "text", "sealed")


def page(view: View[P]) -> View[P]:
    """Say refusals, keep what is typed out of error reports, and the page out of caches."""
    return never_cache(sensitive_post_parameters(*WRITE_ONLY)(translated(view)))


def show(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    """Render a settings page with its menu."""
    return render(request, f"deployments/settings/{template}", {**shared(request), **context})


def shared(request: HttpRequest) -> dict[str, Any]:
    """Return what the frame of every settings page needs: its menu."""
    return {"sections": menu.settings(request, person_of(request))}


def past(thing: Application | Environment | Host | Person, request: HttpRequest) -> dict[str, Any]:
    """Return what was changed of a thing, and where the rest is told to who may read it.

    With `changes` in the address it is what was changed of that setting alone.
    """
    part = request.GET.get("changes", "").replace("\x00", "")[:LONGEST_NAME]
    asked = {
        Application: {"app": str(thing)},
        Environment: {"environment": getattr(thing, "name", ""), "app": _app(thing)},
        Host: {"kind": "hosts", "q": str(thing)},
        Person: {"who": getattr(thing, "username", "")},
    }[type(thing)]
    person = person_of(request)
    url = f"{reverse('audit')}?{urlencode(asked)}" if audit.may_see(person) else ""
    found = audit.history(thing, part, person)
    return {"history": found, "part": part, "thing": thing, "all_url": url}


def _app(thing: object) -> str:
    return thing.application.name if isinstance(thing, Environment) else ""


def done(request: HttpRequest, text: str, page: str, *names: str) -> HttpResponse:
    """Say that it is done, at the top of the page that comes next.

    Without a fragment of its own the address would keep that of the form, further down.
    """
    messages.success(request, text)
    return redirect(f"{reverse(page, args=names)}#main")


def saved(form: forms.BaseForm, action: Callable[[], object], field: str | None = None) -> bool:
    """Do it, or show at the field, or above the form, why not."""
    try:
        action()
    except (NotAllowed, NotFound):
        raise
    except DeploymentError as error:
        form.add_error(field, str(error))
        return False
    return True
