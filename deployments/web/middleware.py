from __future__ import annotations

import time
import zoneinfo
from collections.abc import Awaitable, Callable, Iterator

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.deprecation import MiddlewareMixin

from deployments.models import Person
from deployments.services import second_factors, sessions

SEEN = "seen"  # the session's key for when it was last noted
SEEN_EVERY = 60.0  # seconds
OPEN = ("/accounts/", "/live/", "/static/")  # reached without a second factor


class NoNulMiddleware(MiddlewareMixin):
    """Refuse a NUL in an address or a form: no text holds one, and PostgreSQL keeps none.

    The API refuses it in its own shape (`deployments.api.doors`).
    """

    get_response: Callable[[HttpRequest], HttpResponse | Awaitable[HttpResponse]]

    def process_view(self, request: HttpRequest, view: Callable[..., object], *_: object) -> None:
        if request.path.startswith("/api/"):
            return
        given = [request.path, *_values(request.GET)]
        if not getattr(view, "csrf_exempt", False):  # others read the raw body themselves
            given += _values(request.POST)
        if any("\0" in value for value in given):
            raise BadRequest("A NUL character is no text.")


def _values(given: QueryDict) -> Iterator[str]:
    return (value for _, values in given.lists() for value in values)


class TimeZoneMiddleware(MiddlewareMixin):
    """Show each person times in their own zone."""

    get_response: Callable[[HttpRequest], HttpResponse | Awaitable[HttpResponse]]

    def process_view(self, request: HttpRequest, *_: object) -> None:
        if isinstance(request.user, Person):
            timezone.activate(zoneinfo.ZoneInfo(request.user.time_zone))
        else:
            timezone.deactivate()

    def process_response(self, _: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        timezone.deactivate()
        return response


class LastSeenMiddleware(MiddlewareMixin):
    """Note who was here, from where, once a minute.

    Only where the browser says that somebody went to a page: what an open page asks for by itself
    shows nobody's presence, and must stay cheap.
    """

    def process_view(self, request: HttpRequest, *_: object) -> None:
        if request.headers.get("Sec-Fetch-Mode") != "navigate":
            return
        if not isinstance(request.user, Person) or not request.session.session_key:
            return
        now = time.time()
        if now - request.session.get(SEEN, 0.0) > SEEN_EVERY:
            request.session[SEEN] = now
            sessions.note(request)


class SecondFactorMiddleware(MiddlewareMixin):
    """Send those whose role asks for a second factor to where one is set up."""

    def process_view(self, request: HttpRequest, *_: object) -> HttpResponseBase | None:
        least = settings.SHIPMATE_SECOND_FACTOR
        if not least or not isinstance(request.user, Person) or request.path.startswith(OPEN):
            return None
        if not second_factors.is_owed(request.user, least):
            return None
        messages.warning(
            request, f"Whoever is {least} of something needs a second factor here. Set it up now."
        )
        return redirect("mfa_activate_totp")
