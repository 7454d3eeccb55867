"""Who asks by this door."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from deployments.models import Person
from deployments.services.lifecycle import Door


def person_of(request: HttpRequest) -> Person:
    """Return the person signed in; LoginRequiredMiddleware lets nobody else come here."""
    if not isinstance(request.user, Person):
        raise PermissionDenied
    return request.user


def door_of(request: HttpRequest) -> Door:
    """Return the door for an action; the form's hidden key makes sending it twice harmless."""
    return Door(person_of(request), "web", request.POST.get("key", "")[:80])
