"""The way in for chats outside: signed with the connection's secret. See docs/chat.md."""

from __future__ import annotations

import json
import logging
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from bots import hearing, signing
from bots.hearing import Said
from bots.models import ChatConnection
from deployments import vault
from deployments.api.errors import body as error_body

LARGEST = 65_536  # bytes of a message
log = logging.getLogger(__name__)


class Somebody(serializers.Serializer[Any]):
    id = serializers.CharField(max_length=200)
    name = serializers.CharField(max_length=200, allow_blank=True, default="")


class Heard(serializers.Serializer[Any]):
    """A message as a relay tells it."""

    id = serializers.CharField(max_length=200)
    text = serializers.CharField(max_length=10_000, trim_whitespace=False)
    account = Somebody()
    room = Somebody()
    thread = serializers.CharField(max_length=200, allow_blank=True, default="")
    direct = serializers.BooleanField(default=False)


class Messages(APIView):
    """POST a signed message. 202: it is kept, and its answer comes by the connection's address."""

    authentication_classes = ()  # the signature says who it is
    permission_classes = ()

    @extend_schema(exclude=True)  # a protocol of its own, signed: docs/chat.md
    def post(self, request: Request, name: str) -> Response:
        raw = request.body
        connection = ChatConnection.objects.filter(name=name).first()
        if len(raw) > LARGEST:
            return _refused(413, "too_large", f"A message has at most {LARGEST} bytes.")
        if connection is None or not _is_signed(request, connection, raw):
            log.warning("A message for the connection %r was not signed as it should be", name)
            text = "The signature is not right, too old, or of an unknown connection."
            return _refused(401, "not_authenticated", text)
        heard = Heard(data=_parsed(raw))
        heard.is_valid(raise_exception=True)
        row, is_new = hearing.accept(connection, _said(heard.validated_data))
        return Response({"accepted": row.external_id, "new": is_new}, status=202)


def _is_signed(request: Request, connection: ChatConnection, raw: bytes) -> bool:
    timestamp = request.headers.get(signing.TIMESTAMP, "")
    given = request.headers.get(signing.SIGNATURE, "")
    secret = vault.decrypt(connection.secret_encrypted)
    return signing.is_signed(secret, timestamp, given, raw)


def _parsed(raw: bytes) -> Any:
    """Return the body; what is no JSON object fails the check of its fields."""
    try:
        return json.loads(raw)
    except ValueError:
        return None


def _said(data: dict[str, Any]) -> Said:
    return Said(
        id=data["id"],
        text=data["text"],
        account=data["account"]["id"],
        account_name=data["account"]["name"] or data["account"]["id"],
        room=data["room"]["id"],
        room_name=data["room"]["name"],
        thread=data["thread"],
        direct=data["direct"],
    )


def _refused(status: int, code: str, text: str) -> Response:
    return Response(error_body(code, text, [text]), status=status)
