"""What the API answers: JSON in UTF-8."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rest_framework.renderers import JSONRenderer


class Escaped(JSONRenderer):
    """The same by numbers wherever a sign is none of ASCII's."""

    ensure_ascii = True


class Json(JSONRenderer):
    """A JSON answer. Refusals repeat what was sent; halves of signs in that, which UTF-8 does not
    have, are told by their numbers."""

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> Any:
        try:
            return super().render(data, accepted_media_type, renderer_context)
        except UnicodeEncodeError:
            return Escaped().render(data, accepted_media_type, renderer_context)
