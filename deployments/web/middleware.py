from __future__ import annotations

import zoneinfo
from collections.abc import Awaitable, Callable, Iterator

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.deprecation import MiddlewareMixin

from deployments.models import Person


class NoNulMiddleware(MiddlewareMixin):
    """Refuse a NUL in an address or a form: no text holds one, and PostgreSQL keeps none."""

    get_response: Callable[[HttpRequest], HttpResponse | Awaitable[HttpResponse]]

    def process_view(self, request: HttpRequest, view: Callable[..., object], *_: object) -> None:
        given = [request.path, *_values(request.GET)]
        if not getattr(view, "csrf_exempt", False):  # others read the raw body themselves
            given += _values(request.POST)
        if any("\0" in value for value in given):
            raise BadRequest("A NUL character is no text.")


def _values(given: QueryDict) -> Iterator[str]:
    return (value for _, values in given.lists() for value in values)


class TimeZoneMiddleware(MiddlewareMixin):
    """Show each person times in their own zone."""

    # The innermost decides for all around it: they run in one thread, one after the other, and not
    # each of them on its own way from the event loop to a thread and back, twice.
    async_capable = False

    get_response: Callable[[HttpRequest], HttpResponse | Awaitable[HttpResponse]]

    def process_view(self, request: HttpRequest, *_: object) -> None:
        if isinstance(request.user, Person):
            timezone.activate(zoneinfo.ZoneInfo(request.user.time_zone))
        else:
            timezone.deactivate()

    def process_response(self, _: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        timezone.deactivate()
        return response
