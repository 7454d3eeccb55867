"""What people say of themselves, how and where they sign in."""

from __future__ import annotations

from typing import Any

from allauth.usersessions.models import UserSession
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_http_methods, require_POST

from deployments.models import Person
from deployments.selectors import ways
from deployments.services import linked_accounts, people, second_factors, sessions
from deployments.web import devices
from deployments.web.doors import person_of
from deployments.web.settings.forms import ProfileForm, ThemeForm
from deployments.web.settings.pages import done, page, saved, show

YEAR = 31_536_000  # seconds


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
def set_theme(request: HttpRequest) -> HttpResponse:
    """Keep how pages look, for this browser: a cookie that the next page is drawn by."""
    form = ThemeForm(request.POST)
    if not form.is_valid():
        return _shown(request, theme_form=form)
    answer = done(request, "Changed, in this browser.", "profile")
    theme = form.cleaned_data["theme"]
    secure = request.is_secure()
    answer.set_cookie("theme", theme, max_age=YEAR, samesite="Lax", secure=secure)
    return answer


@require_POST
@page
def end_session(request: HttpRequest, session: int) -> HttpResponse:
    """Sign out in one place; pages that are open there stop following."""
    person = person_of(request)
    own = get_object_or_404(UserSession, pk=session, user=person)
    sessions.end(own, by=person)
    return done(request, f"Signed out: {devices.device(own.user_agent)}, {own.ip}.", "profile")


@require_POST
@page
def end_other_sessions(request: HttpRequest) -> HttpResponse:
    person = person_of(request)
    ended = sessions.end_all(person, by=person, keep=request.session.session_key or "")
    text = "You were signed in nowhere else."
    if ended:
        text = f"Signed out in {ended} other place{'s' * (ended > 1)}. You stay here."
    return done(request, text, "profile")


def _shown(request: HttpRequest, **more: Any) -> HttpResponse:
    person = _fresh(person_of(request))
    here = request.session.session_key
    context = {
        "theme_form": ThemeForm(initial={"theme": request.COOKIES.get("theme", "")}),
        "sessions": devices.seen(sessions.of(person), here),
        **_linked(person),
        "has_second_factor": second_factors.has_one(person),
        "form": ProfileForm(instance=person),
        "roles": person.roles.select_related("application", "environment__application"),
    }
    return show(request, "profile.html", {**context, **more})


def _linked(person: Person) -> dict[str, Any]:
    """Return the person's accounts elsewhere with their names, and where one may be linked."""
    accounts = linked_accounts.named(person)
    places = {account.provider for account, _ in accounts}
    return {
        "accounts": accounts,
        "ways": [(way, way.place in places) for way in ways.ways()],
    }


def _fresh(person: Person) -> Person:
    """A form that is refused must not leave its values in the one whose name stands on the page."""
    return Person.objects.get(pk=person.pk)
