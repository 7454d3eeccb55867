"""The lock of an environment: who holds it, and the form that takes or opens it."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from deployments import lines, rights
from deployments.exceptions import Invalid
from deployments.models import Environment, Person
from deployments.selectors import locks as reading
from deployments.selectors import lookup
from deployments.services import locks
from deployments.web.doors import door_of
from deployments.web.errors import translated

LENGTHS = [
    ("", "until it is unlocked"),
    ("1800", "30 minutes"),
    ("3600", "1 hour"),
    ("7200", "2 hours"),
    ("14400", "4 hours"),
    ("86400", "1 day"),
    ("604800", "1 week"),
]


class LockForm(forms.Form):
    length = forms.TypedChoiceField(
        choices=LENGTHS,
        coerce=int,
        required=False,
        empty_value=None,
        error_messages={"invalid_choice": "“%(value)s” is none of the lengths offered."},
    )
    reason = forms.CharField(required=False, max_length=500)


@require_POST
@translated
def lock(request: HttpRequest, application: str, name: str) -> HttpResponse:
    """Claim the environment, or say anew for how long and why."""
    door = door_of(request)
    found = lookup.environment_for(door.person, application, name)
    form = LockForm(request.POST)
    if not form.is_valid():
        raise Invalid("\n".join(str(text) for texts in form.errors.values() for text in texts))
    asked = form.cleaned_data
    locks.take(found, door, seconds=asked["length"], reason=asked["reason"])
    return _back(found)


@require_POST
@translated
def unlock(request: HttpRequest, application: str, name: str) -> HttpResponse:
    """Open the environment again."""
    door = door_of(request)
    found = lookup.environment_for(door.person, application, name)
    locks.release(found, door)
    return _back(found)


def claim_of(found: Environment, person: Person) -> dict[str, Any]:
    """Return what a page says of the lock, and what this person may do about it."""
    held = reading.in_(found)
    may = rights.may(person, "deploy", found)
    if held is None:
        app = found.application.name
        return {
            "lock": None,
            "lock_key": uuid.uuid4().hex,
            "lengths": LENGTHS,
            "may_lock": may,
            "lock_refusal": "" if may else rights.refusal(person, "deploy", found, doing="lock"),
            "lock_line": lines.lock(app, found.name),
        }
    return {
        "lock": held,
        "lock_key": uuid.uuid4().hex,
        "kept_out": list(reading.kept_out(found)),
        "may_unlock": reading.may_unlock(held, person),
        "who_unlocks": reading.who_may_unlock(held),
        "lock_line": reading.unlock_line(held),
    }


def _back(found: Environment) -> HttpResponse:
    return redirect(f"{found.get_absolute_url()}#lock")
