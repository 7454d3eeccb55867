"""The door of an invitation: whoever has the link makes one account with it."""

from __future__ import annotations

from allauth.core.internal import ratelimit
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from deployments.exceptions import DeploymentError, NotFound
from deployments.services import invitations, sessions
from deployments.web.settings.invitation_forms import AcceptForm

BACKEND = "django.contrib.auth.backends.ModelBackend"
RATE = "30/m/ip"
SAID = ("username", "name", "time_zone", "password")


@login_not_required
@never_cache
@sensitive_post_parameters("password", "again")
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest, text: str) -> HttpResponse:
    """Show who invites to what; on POST, make the account and sign it in."""
    if not _is_slow_enough(request):
        return render(request, "429.html", status=429)
    if request.user.is_authenticated:
        return render(request, "account/invited_already.html", status=409)
    try:
        found = invitations.find(text)
    except NotFound as error:
        return render(request, "account/invitation_over.html", {"reason": error}, status=404)
    form = AcceptForm(request.POST or None, initial={"time_zone": settings.TIME_ZONE})
    if request.method == "POST" and form.is_valid() and _accepted(request, text, form):
        return redirect("board")
    return render(
        request, "account/invitation.html", {"invitation": found, "form": form, "text": text}
    )


def _is_slow_enough(request: HttpRequest) -> bool:
    """Throttle each address, so that nobody tries links."""
    rates = {"invitation": RATE}
    return (
        ratelimit.consume(
            request, app="deployments", action="invitation", config=rates, limit_get=True
        )
        is not None
    )


def _accepted(request: HttpRequest, text: str, form: AcceptForm) -> bool:
    try:
        person = invitations.accept(text, **{key: form.cleaned_data[key] for key in SAID})
    except DeploymentError as error:
        form.add_error(None, str(error))
        return False
    login(request, person, backend=BACKEND)
    sessions.note(request)
    messages.success(request, f"Welcome aboard, {person}.")
    return True
