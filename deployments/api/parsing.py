"""What the API takes: JSON objects of bounded size, with the fields that it knows and no others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ParseError
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import JSONParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request


class Json(JSONParser):
    """A JSON body."""

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:
        try:
            return super().parse(stream, media_type, parser_context)
        except RecursionError:
            raise ParseError("The JSON is nested too deeply.") from None


class OnlyJson(BaseContentNegotiation):
    """Answer in JSON whatever the client says it accepts: an error in JSON beats a 406."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        return next((each for each in parsers if _takes(each, request)), None)

    def select_renderer(
        self, request: Request, renderers: Any, format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        return renderers[0], renderers[0].media_type


def _takes(parser: Any, request: Request) -> bool:
    kind, _, _ = (request.content_type or "").partition(";")
    return bool(kind.strip().lower() == parser.media_type)


class Text(serializers.CharField):
    """Text that was text: a number or a list in its place is a slip."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"trim_whitespace": False, **options})

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class Switch(serializers.BooleanField):
    """true or false, not a word that may mean either."""

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data


class Number(serializers.IntegerField):
    """A whole number, not text with digits in it."""

    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, bool) or not isinstance(data, int):
            self.fail("invalid")
        return super().to_internal_value(data)


class Asked(serializers.Serializer[Any]):
    """What is sent. A field that nobody knows is refused: it is a slip, and would do nothing."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            unknown = sorted(set(map(str, data)) - set(self.fields))
            if unknown:
                known = ", ".join(self.fields) or "none"
                text = f"There is no such field. There is: {known}."
                raise serializers.ValidationError({name: [text] for name in unknown})
        return super().to_internal_value(data)


def checked(shape: type[serializers.Serializer[Any]], data: Any) -> dict[str, Any]:
    """Return what was sent, or refuse it with every reason."""
    asked = shape(data=data)
    asked.is_valid(raise_exception=True)
    return dict(asked.validated_data)
