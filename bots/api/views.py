"""Chat lines for scripts and relays: said as the token's person, nobody else."""

from __future__ import annotations

from typing import Any, cast

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from bots.messages import Message, to_json
from bots.portraits import outside
from bots.receive import receive
from bots.rendering import plain
from bots.speaker import Speaker
from deployments.api.errors import body
from deployments.exceptions import Invalid
from deployments.models import Person

LONGEST_KEY = 80


class Line(serializers.Serializer[Any]):
    text = serializers.CharField(max_length=10_000)


class ChatCommands(APIView):
    """POST {"text": "deploy web to qa"}; `Idempotency-Key` makes the same request count once."""

    def post(self, request: Request) -> Response:
        line = Line(data=request.data)
        line.is_valid(raise_exception=True)
        message = receive(line.validated_data["text"], _speaker(request)) or Message()
        said = {"answer": plain.render(message), "message": to_json(message)}
        return Response(said | _error(message), _status(message))


def _speaker(request: Request) -> Speaker:
    person = cast(Person, request.user)  # authentication lets nobody else come here
    key = request.headers.get("Idempotency-Key", "")
    if len(key) > LONGEST_KEY:
        raise Invalid(f"An Idempotency-Key has at most {LONGEST_KEY} characters.")
    return Speaker(
        person=person,
        via="api",
        place=f"api:{person.pk}",
        key=f"api:{key}" if key else "",
        base=outside(),
    )


def _status(message: Message) -> int:
    """Return 200 for what was answered, 202 for what waits for a yes, 400 and 409 for refusals."""
    if message.asks:
        return 202
    if message.is_guess:
        return 400
    return 409 if message.state == "refused" else 200


def _error(message: Message) -> dict[str, Any]:
    """Return a refusal in the shape that every error of the API has."""
    if _status(message) < 400:
        return {}
    text = plain.inline(message.parts)
    code = "refused" if message.state == "refused" else "not_understood"
    listed = [plain.inline(item) for item in message.items]
    return body(code, text, listed or [text])
