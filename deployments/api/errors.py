"""One shape for every error of the API: {"error": {"code", "text", "reasons"}}."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rest_framework.exceptions import APIException
from rest_framework.response import Response
from rest_framework.views import exception_handler

from deployments.exceptions import DeploymentError, NotAllowed, NotFound, Refused

STATUS: dict[type[DeploymentError], int] = {NotAllowed: 403, NotFound: 404, Refused: 409}


def handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """Answer a refusal in words; anything unforeseen stays a 500 without details."""
    if isinstance(error, DeploymentError):
        reasons = list(error.reasons) if isinstance(error, Refused) else [str(error)]
        status = STATUS.get(type(error), 400)
        return Response(body(error.code, str(error), reasons), status=status)
    response = exception_handler(error, context)
    if response is not None and isinstance(error, APIException):
        reasons = list(_reasons(error.detail))
        response.data = body(error.default_code, "\n".join(reasons), reasons)
    return response


def _reasons(detail: Any, name: str = "") -> Iterator[str]:
    """Yield each complaint, with the name of the field that it is about."""
    if isinstance(detail, dict):
        for field, found in detail.items():
            yield from _reasons(found, str(field))
    elif isinstance(detail, list):
        for found in detail:
            yield from _reasons(found, name)
    else:
        yield f"{name}: {detail}" if name else str(detail)


def body(code: str, text: str, reasons: list[str]) -> dict[str, Any]:
    return {"error": {"code": code, "text": text, "reasons": reasons}}
