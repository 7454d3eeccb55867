"""What people say of themselves, and their keys for scripts."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_http_methods, require_POST

from deployments.models import Person
from deployments.services import people, tokens
from deployments.web.doors import person_of
from deployments.web.settings.forms import ProfileForm, TokenForm
from deployments.web.settings.pages import done, page, saved, show


@require_http_methods(["GET", "HEAD", "POST"])
@page
def profile(request: HttpRequest) -> HttpResponse:
    """Show one's own page; on POST, change name and time zone."""
    person = person_of(request)
    form = ProfileForm(request.POST or None, instance=_fresh(person))
    if (
        request.method == "POST"
        and form.is_valid()
        and saved(form, lambda: people.change_own(person, **form.cleaned_data))
    ):
        return done(request, "Changed.", "profile")
    return _shown(request, form=form)


@require_POST
@page
def make_token(request: HttpRequest) -> HttpResponse:
    """Make a token and show its text, this once: only its hash is kept."""
    person = person_of(request)
    form = TokenForm(request.POST)
    if form.is_valid():
        token, text = tokens.make(person, form.cleaned_data["name"], by=person)
        return _shown(request, made=token, text=text)
    return _shown(request, token=form)


@require_POST
@page
def revoke_token(request: HttpRequest, token: int) -> HttpResponse:
    person = person_of(request)
    own = get_object_or_404(person.tokens, pk=token)
    tokens.revoke(own, by=person)
    return done(request, f"{own} is of no use any more.", "profile")


def _shown(request: HttpRequest, **more: Any) -> HttpResponse:
    person = _fresh(person_of(request))
    context = {
        "form": ProfileForm(instance=person),
        "token": TokenForm(auto_id="token_%s"),
        "tokens": person.tokens.order_by("-pk"),
        "roles": person.roles.select_related("application", "environment__application"),
        "refusal": tokens.refusal(person),
    }
    return show(request, "profile.html", {**context, **more})


def _fresh(person: Person) -> Person:
    """A form that is refused must not leave its values in the one whose name stands on the page."""
    return Person.objects.get(pk=person.pk)
