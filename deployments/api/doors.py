"""What every address of the API shares: whose token, what it may, and the key of a request."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import ClassVar, cast

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.views import APIView

from deployments import rights
from deployments.exceptions import Invalid, NotAllowed
from deployments.models import ApiToken, Person
from deployments.services.lifecycle import Door

LONGEST_KEY = 80


class ApiView(APIView):
    """An address for scripts. A token needs one of `reads` to look, one of `writes` to act."""

    reads: ClassVar[tuple[str, ...]] = ("read", "deploy", "chat", "admin")
    writes: ClassVar[tuple[str, ...]] = ("deploy",)

    def initial(self, request: Request, *args: object, **kwargs: object) -> None:
        super().initial(request, *args, **kwargs)
        _measure(request)
        if any("\0" in text for text in (request.path, *request.query_params.values())):
            raise Invalid("An address has no NUL character in it.")

    def check_permissions(self, request: Request) -> None:
        super().check_permissions(request)
        takes = self.reads if request.method in SAFE_METHODS else self.writes
        token = request.auth
        if isinstance(token, ApiToken) and not set(takes) & set(token.scopes):
            scopes, wanted = ", ".join(token.scopes), " or ".join(f"“{scope}”" for scope in takes)
            said = f"This takes the scope {wanted}, and the token “{token.name}” has: {scopes}."
            raise NotAllowed(f"{said} {rights.MENDS_IT}")


def _measure(request: Request) -> None:
    """Say how long a body is that came in chunks: by its length alone is it known to be there."""
    if request.headers.get("Transfer-Encoding") and not request.META.get("CONTENT_LENGTH"):
        length = len(request._request.body)
        if length > (settings.DATA_UPLOAD_MAX_MEMORY_SIZE or 0):
            raise RequestDataTooBig
        request.META["CONTENT_LENGTH"] = str(length)


def person_of(request: Request) -> Person:
    return cast(Person, request.user)  # authentication lets nobody else come here


def key_of(request: Request) -> str:
    """Return the Idempotency-Key; the same request counts once, at whichever address."""
    key = request.headers.get("Idempotency-Key", "").strip()
    if len(key) > LONGEST_KEY:
        raise Invalid(f"An Idempotency-Key has at most {LONGEST_KEY} characters.")
    return f"api:{key}" if key else ""


def asked_of(request: Request) -> str:
    """Return a fingerprint of what is asked, by which the same request is known again."""
    sent = [request.method, request.path, request.data]
    return sha256(json.dumps(sent, sort_keys=True).encode()).hexdigest()


def door_of(request: Request) -> Door:
    return Door(person_of(request), "api", key_of(request), asked_of(request))
