"""One shape for every error of the API: code, text, reasons, blockers and lines in an “error”."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.http import Http404
from rest_framework import exceptions as refusals
from rest_framework.exceptions import APIException
from rest_framework.response import Response
from rest_framework.views import exception_handler

from deployments.exceptions import DeploymentError, NotAllowed, NotFound, Obstacle, Refused

STATUS: dict[type[DeploymentError], int] = {NotAllowed: 403, NotFound: 404, Refused: 409}
NOT_THEIRS = {"not_allowed", "token"}  # blockers that say that this person, or token, may not
BROKEN = (
    "Shipmate failed at this, and its log says why. Try again; with the same Idempotency-Key "
    "nothing happens twice."
)
# What to do about what the framework refuses.
ADVICE: dict[type[Exception], Callable[[Any], str]] = {
    refusals.NotAuthenticated: lambda _: (
        "Send a token: “Authorization: Bearer ship_…”. Make one under Settings → Tokens."
    ),
    refusals.UnsupportedMediaType: lambda _: "Send JSON: “Content-Type: application/json”.",
    refusals.Throttled: lambda error: (
        f"Too many requests: wait {error.wait or 60:.0f} seconds, as Retry-After says."
    ),
}
log = logging.getLogger(__name__)


def handler(error: Exception, context: dict[str, Any]) -> Response:
    """Answer a refusal in words; anything unforeseen is a 500 without details."""
    if isinstance(error, DeploymentError):
        return Response(of_refusal(error), status=status_of(error))
    if isinstance(error, RequestDataTooBig):
        most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        return Response(body("too_large", f"A body has at most {most} bytes."), status=413)
    response = exception_handler(error, context)
    if response is None:
        log.error("The API failed at %s", context["request"].path, exc_info=error)
        return Response(body("internal", BROKEN), status=500)
    response.data = _of_framework(error, context)
    return response


def status_of(error: DeploymentError) -> int:
    """Return the HTTP status; who may not at all gets 403, whatever else is in the way."""
    if isinstance(error, Refused) and any(one.code in NOT_THEIRS for one in error.obstacles):
        return 403
    return STATUS.get(type(error), 400)


def of_refusal(error: DeploymentError) -> dict[str, Any]:
    if not isinstance(error, Refused):
        return body(error.code, str(error))
    return body(error.code, str(error), error.reasons, error.obstacles, error.lines)


def body(
    code: str,
    text: str,
    reasons: Sequence[str] = (),
    obstacles: Sequence[Obstacle] = (),
    lines: Sequence[str] = (),
) -> dict[str, Any]:
    return {
        "error": {
            "code": code,
            "text": text,
            "reasons": list(reasons) or [text],
            "blockers": [blocker(obstacle) for obstacle in obstacles],
            "lines": list(dict.fromkeys(lines)),
        }
    }


def blocker(obstacle: Obstacle) -> dict[str, Any]:
    """Return a reason in parts: what, who or what clears it, where, and the line to say next."""
    return {
        "code": obstacle.code,
        "text": obstacle.text,
        "clears": obstacle.clears,
        "url": f"{settings.SHIPMATE_URL}{obstacle.url}" if obstacle.url else "",
        "line": obstacle.line,
        "waits": obstacle.waits,
    }


def _of_framework(error: Exception, context: dict[str, Any]) -> dict[str, Any]:
    if isinstance(error, Http404 | PermissionDenied):
        error = refusals.NotFound() if isinstance(error, Http404) else refusals.PermissionDenied()
    assert isinstance(error, APIException)  # noqa: S101  nothing else is answered by the framework
    if isinstance(error, refusals.MethodNotAllowed):
        allowed = ", ".join(context["view"].allowed_methods)
        return body(error.default_code, f"{error.detail} This address takes: {allowed}.")
    if type(error) in ADVICE:
        return body(error.default_code, ADVICE[type(error)](error))
    reasons = list(_reasons(error.detail))
    return body(error.default_code, "\n".join(reasons), reasons)


def _reasons(detail: Any, name: str = "") -> Iterator[str]:
    """Yield each complaint, with the name of the field that it is about."""
    if isinstance(detail, dict):
        for field, found in detail.items():
            yield from _reasons(found, f"{name}.{field}" if name else str(field))
    elif isinstance(detail, list):
        for found in detail:
            yield from _reasons(found, name)
    else:
        yield f"{name}: {detail}" if name and name != "non_field_errors" else str(detail)
