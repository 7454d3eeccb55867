"""GitHub's shape of errors: {"message", "documentation_url", "errors", "status"}.

`message` is a whole sentence with the next step: bots speak it in chat. Where clients tell errors
apart by GitHub's own words those stand there, and the sentence in `errors`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.http import Http404
from rest_framework import exceptions as refusals
from rest_framework.response import Response

from deployments.api import errors
from deployments.blockers import UNKNOWN_HOST
from deployments.exceptions import DeploymentError, NotAllowed, NotFound, Refused, RepositoryAway
from deployments.services.contexts import Unmet

DOCS = "https://docs.github.com/rest"
SENDING = "secondary"  # the code of a refusal of what a token sends, not of all requests
ABOUT_SENDING = (
    f"{DOCS}/using-the-rest-api/rate-limits-for-the-rest-api#about-secondary-rate-limits"
)
STATUS: dict[type[Exception], int] = {
    NotAllowed: 403,
    NotFound: 404,
    RepositoryAway: 503,
    RequestDataTooBig: 413,
    Http404: 404,
    PermissionDenied: 403,
    refusals.AuthenticationFailed: 401,
    refusals.NotAuthenticated: 401,
    refusals.ParseError: 400,
    refusals.Throttled: 403,  # of GitHub's two numbers for it the one that old clients know
    refusals.MethodNotAllowed: 404,
    refusals.ValidationError: 422,
}
TOO_OFTEN = {
    refusals.Throttled.default_code: "API rate limit exceeded for this person",
    SENDING: "You have exceeded a secondary rate limit with this token",
}
# GitHub's own words, by which clients know these.
WORDS = {400: "Problems parsing JSON", 404: "Not Found"}


def handler(error: Exception, context: dict[str, Any]) -> Response:
    """Answer a refusal as GitHub would, in Shipmate's words."""
    status = status_of(error)
    if status == 500:
        errors.log.error("The API failed at %s", context["request"].path, exc_info=error)
    response = Response(_said(error, status), status=status)
    if isinstance(error, refusals.Throttled):
        response["Retry-After"] = _seconds(error)
        if error.get_codes() == SENDING:
            response.data["documentation_url"] = ABOUT_SENDING
    if status == 401:
        response["WWW-Authenticate"] = 'Basic realm="Shipmate"'
    return response


def status_of(error: Exception) -> int:
    if isinstance(error, Refused):
        return _status_of_refusal(error)
    if isinstance(error, DeploymentError):
        return STATUS.get(type(error), 422)
    return next((code for kind, code in STATUS.items() if isinstance(error, kind)), 500)


def _status_of_refusal(error: Refused) -> int:
    """Tell what is in the way (409) from what cannot be done as it was asked for (422)."""
    if isinstance(error, Unmet) or not error.obstacles:
        return 409
    status = errors.status_of(error)
    against = [one.code for one in error.obstacles if not one.waits]
    only_asked = all(code in ("asked", UNKNOWN_HOST) for code in against)
    return 422 if status == 409 and only_asked else status


def body(status: int, message: str, found: Iterable[Mapping[str, Any]] = ()) -> dict[str, Any]:
    said = {"message": message, "documentation_url": DOCS, "status": str(status)}
    return {**said, "errors": [dict(one) for one in found]} if found else said


def _said(error: Exception, status: int) -> dict[str, Any]:
    if status == 401:
        known = isinstance(error, refusals.AuthenticationFailed)
        return body(401, "Bad credentials" if known else "Requires authentication", [_one(error)])
    if isinstance(error, refusals.ValidationError):
        found = list(_fields(error.detail))
        told = " ".join(f"{one['field']}: {one['message']}" for one in found)
        return body(422, f"Validation Failed. {told}", found)
    if isinstance(error, Refused):
        contexts = [error.described] if isinstance(error, Unmet) else []
        each = [{"code": "custom", "message": text} for text in error.reasons]
        return body(status, " ".join(error.reasons), [*contexts, *each])
    if status in WORDS:
        return body(status, WORDS[status], [_one(error)])
    return body(status, _sentence(error, status))


def _one(error: Exception) -> dict[str, Any]:
    return {"code": "custom", "message": _sentence(error, 0)}


def _sentence(error: Exception, status: int) -> str:
    if isinstance(error, RequestDataTooBig):
        return f"A body has at most {settings.DATA_UPLOAD_MAX_MEMORY_SIZE} bytes."
    if isinstance(error, refusals.Throttled):
        return f"{TOO_OFTEN[str(error.get_codes())]}: wait {_seconds(error)} seconds."
    if isinstance(error, Http404 | refusals.MethodNotAllowed):
        return "There is nothing at this address; docs/github-api.md says what there is."
    return errors.BROKEN if status == 500 else str(error)


def _seconds(error: refusals.Throttled) -> str:
    return f"{getattr(error, 'wait', None) or 60:.0f}"


def _fields(detail: Any, field: str = "") -> Iterator[dict[str, Any]]:
    """Give what is wrong with each field."""
    if isinstance(detail, Mapping):
        for name, inside in detail.items():
            yield from _fields(inside, f"{field}.{name}" if field else str(name))
    elif isinstance(detail, list):
        for inside in detail:
            yield from _fields(inside, field)
    else:
        missing = getattr(detail, "code", "") in ("required", "null", "blank")
        code = "missing_field" if missing else "invalid"
        yield {"resource": "Shipmate", "field": field, "code": code, "message": str(detail)}
