"""The description of the API in OpenAPI 3, made from the code by drf-spectacular."""

from __future__ import annotations

from typing import Any, Literal

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, inline_serializer
from rest_framework import serializers
from rest_framework.permissions import SAFE_METHODS

from deployments.api.doors import ApiView
from deployments.api.shapes import ErrorShape

Direction = Literal["request", "response"]
ERRORS = {
    "400": "What was sent makes no sense; each field is named.",
    "401": "No token, or one that is of no use.",
    "403": "The person, or this token, may not; who may is named.",
    "404": "There is no such thing, or none that the person may see.",
    "429": "Too many requests; Retry-After says how long to wait.",
}
ERRORS_OF_WRITES = {
    "409": "Refused: every reason at once, each with who or what clears it.",
    "413": "The body is too large.",
    "415": "The body is not JSON.",
}
# What stands in addresses, where it may not be just anything.
PATTERNS = {"sha": {"pattern": "^[0-9a-fA-F]{40}$"}, "number": {"minimum": 1}}
KEY = OpenApiParameter(
    "Idempotency-Key",
    {"type": "string", "maxLength": 80},
    OpenApiParameter.HEADER,
    description="The same request with the same key is carried out once, and answered again.",
)


class Described(AutoSchema):
    """Every operation may be answered with an error, and all errors have one shape."""

    def get_summary(self) -> str:
        return str(self.get_description()).partition("\n")[0]

    def get_operation(self, *args: Any, **kwargs: Any) -> Any:
        """Say also which scopes let a token in: any one of them."""
        found = super().get_operation(*args, **kwargs)
        if found is not None and isinstance(self.view, ApiView):
            takes = self.view.reads if self.method in SAFE_METHODS else self.view.writes
            found["x-scopes"] = list(takes)
        return found

    def _get_response_bodies(self, direction: Direction = "response") -> Any:
        found = super()._get_response_bodies(direction)
        errors = ERRORS | (ERRORS_OF_WRITES if self.method == "POST" else {})
        for code, text in errors.items():
            if direction == "response" and code not in found:
                answer = OpenApiResponse(ErrorShape, description=text)
                found[code] = self._get_response_for_code(  # type: ignore[no-untyped-call]
                    answer, code, ["application/json"]
                )
        return found


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "deployments.api.authentication.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "A token from Settings → Tokens: `Authorization: Bearer ship_…`.",
        }


def paged(
    shape: type[serializers.Serializer[Any]], **more: serializers.Field[Any, Any, Any, Any]
) -> serializers.Serializer[Any]:
    """Return the shape of a page of these, and what else is said of it."""
    name = shape.__name__.removesuffix("Shape")
    return inline_serializer(
        f"{name}Page",
        {
            "results": shape(many=True),
            "next": serializers.URLField(
                allow_null=True, help_text="The address of the next page; null: that was all."
            ),
            **more,
        },
    )


def strictly(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Say of all that is sent that it has no other fields, and no NUL in its text."""
    for name, shape in result["components"]["schemas"].items():
        if name.startswith("New"):
            shape["additionalProperties"] = False
            for field in shape["properties"].values():
                _without_nul(field)
    for operations in result["paths"].values():
        for operation in operations.values():
            for parameter in operation.get("parameters", []):
                parameter["schema"] |= PATTERNS.get(parameter["name"], {})
                _without_nul(parameter["schema"])
    return result


def _without_nul(shape: dict[str, Any]) -> None:
    if shape.get("type") == "string" and not {"pattern", "enum", "format"} & set(shape):
        shape["pattern"] = "^[^\\u0000]*$"
    for part in ("items", "additionalProperties"):
        if isinstance(shape.get(part), dict):
            _without_nul(shape[part])
