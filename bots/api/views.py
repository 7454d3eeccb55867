"""Chat lines for scripts and relays: said as the token's person, nobody else."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from bots.messages import Line, Message, to_json
from bots.portraits import outside
from bots.receive import receive
from bots.rendering import plain
from bots.speaker import Speaker
from deployments.api.doors import ApiView, asked_of, key_of, person_of
from deployments.api.errors import body
from deployments.api.parsing import Asked, Text, checked
from deployments.api.schema import KEY
from deployments.api.shapes import ErrorBody


class NewLine(Asked):
    """A line, as it is said in chat."""

    text = Text(max_length=10_000, help_text="Such as: deploy web to qa")


class AnswerShape(serializers.Serializer[Any]):
    """What the bot says."""

    answer = serializers.CharField(help_text="In plain words.")
    message = serializers.DictField(help_text="The same in parts, for those who draw it.")


class RefusalShape(AnswerShape):
    """What the bot says, and the refusal in the shape of every error."""

    error = ErrorBody()


class ChatCommands(ApiView):
    """POST {"text": "deploy web to qa"}; `Idempotency-Key` makes the same request count once."""

    writes = ("chat",)

    @extend_schema(
        operation_id="chat_say",
        parameters=[KEY],
        request=NewLine,
        responses={
            200: AnswerShape,
            202: OpenApiResponse(AnswerShape, description="The bot asks; say yes or no."),
            409: OpenApiResponse(
                RefusalShape, description="Nothing was done: not understood, or refused."
            ),
        },
    )
    def post(self, request: Request) -> Response:
        """Say a chat line. What it does takes the scopes deploy and force as well."""
        line = checked(NewLine, request.data)
        message = receive(line["text"], _speaker(request)) or Message()
        said = {"answer": plain.render(message), "message": to_json(message)}
        return Response(said | _error(message), _status(message))


def _speaker(request: Request) -> Speaker:
    person = person_of(request)
    return Speaker(
        person=person,
        via="api",
        place=f"api:{person.pk}",
        key=key_of(request),
        asked=asked_of(request),
        base=outside(),
    )


def _status(message: Message) -> int:
    """Return 200 for an answer, 202 where it waits for a yes, 409 where nothing was done."""
    if message.asks:
        return 202
    return 409 if message.is_guess or message.state == "refused" else 200


def _error(message: Message) -> dict[str, Any]:
    """Return a refusal in the shape that every error of the API has."""
    if _status(message) < 400:
        return {}
    text = plain.inline(message.parts)
    code = "refused" if message.state == "refused" else "not_understood"
    listed = [plain.inline(item) for item in message.items]
    offered = [part.text for item in message.items for part in item if isinstance(part, Line)]
    lines = [button.line for button in message.buttons] or offered
    return body(code, text, listed or [text], lines=lines)
