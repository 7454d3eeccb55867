"""What people say of themselves."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from deployments.models import Person
from deployments.services import people
from deployments.web.doors import person_of
from deployments.web.settings.forms import ProfileForm
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


def _shown(request: HttpRequest, **more: Any) -> HttpResponse:
    person = _fresh(person_of(request))
    context = {
        "form": ProfileForm(instance=person),
        "roles": person.roles.select_related("application", "environment__application"),
    }
    return show(request, "profile.html", {**context, **more})


def _fresh(person: Person) -> Person:
    """A form that is refused must not leave its values in the one whose name stands on the page."""
    return Person.objects.get(pk=person.pk)
