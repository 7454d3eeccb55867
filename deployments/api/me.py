"""Whom a token speaks for, and what it may."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from deployments.api.doors import ApiView, person_of
from deployments.models import ApiToken
from deployments.selectors import tokens


class TokenShape(serializers.Serializer[Any]):
    name = serializers.CharField(source="token.name")
    scopes = serializers.ListField(source="token.scopes", child=serializers.CharField())
    apps = serializers.ListField(
        source="applications", child=serializers.CharField(), help_text="Empty: all."
    )
    expires_at = serializers.DateTimeField(source="token.expires_at", allow_null=True)


class MeShape(serializers.Serializer[Any]):
    username = serializers.CharField()
    name = serializers.CharField()
    token = TokenShape()


class Me(ApiView):
    """Any token may ask this."""

    reads = tuple(ApiToken.Scope.values)

    @extend_schema(operation_id="me", responses=MeShape)
    def get(self, request: Request) -> Response:
        """Say whom this token speaks for, and what it may."""
        person = person_of(request)
        assert isinstance(request.auth, ApiToken)  # noqa: S101  there is no other way in
        said = {"username": person.username, "name": str(person)}
        return Response(MeShape({**said, "token": tokens.named(request.auth)}).data)
