"""Checks report what they found, with the words of https://docs.github.com/en/rest/commits/statuses"""

from __future__ import annotations

import re
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from deployments.api.doors import ApiView, person_of
from deployments.api.parsing import Asked, Text, checked
from deployments.api.shapes import StatusShape
from deployments.exceptions import Invalid
from deployments.models import CommitStatus
from deployments.selectors import checks, lookup
from deployments.services import checks as reports

SHA = r"^[0-9a-fA-F]{40}$"
ADDRESS = r"^https?://[^\s\u0000]+$"
READS = ("read", "deploy", "chat", "admin", "statuses")


class NewStatusOf(Asked):
    """What one check says of the commit in the address."""

    state = serializers.ChoiceField(choices=CommitStatus.State.choices)
    context = Text(  # type: ignore[assignment]  # GitHub's word
        max_length=255, default="default", help_text="Which check: its name."
    )
    description = Text(max_length=140, allow_blank=True, default="")
    target_url = serializers.RegexField(
        ADDRESS,
        max_length=500,
        allow_blank=True,
        default="",
        help_text="Where its result is read: an http or https address.",
        error_messages={"invalid": "Write an address that begins with https:// or http://."},
    )


class NewStatus(NewStatusOf):
    """What one check says of a commit."""

    sha = serializers.RegexField(SHA, help_text="All 40 digits.")


class CombinedShape(serializers.Serializer[Any]):
    sha = serializers.CharField()
    state = serializers.ChoiceField(choices=CommitStatus.State.choices)
    total_count = serializers.IntegerField()
    statuses = StatusShape(many=True)


class Statuses(ApiView):
    """POST {"sha", "state", "context", …}: saying the same again changes nothing."""

    writes = ("statuses",)

    @extend_schema(operation_id="statuses_report", request=NewStatus, responses={201: StatusShape})
    def post(self, request: Request, repository: str) -> Response:
        """Report what a check says of a commit. A later word on the same check takes its place."""
        values = checked(NewStatus, request.data)
        return _reported(request, repository, values.pop("sha"), values)


class StatusesOf(ApiView):
    """POST {"state", "context", …} to the commit's own address, as on GitHub."""

    writes = ("statuses",)

    @extend_schema(
        operation_id="statuses_report_of", request=NewStatusOf, responses={201: StatusShape}
    )
    def post(self, request: Request, repository: str, sha: str) -> Response:
        """Report what a check says of the commit in the address."""
        return _reported(request, repository, sha, checked(NewStatusOf, request.data))


class Combined(ApiView):
    """GET: all checks of a commit, and one state for them."""

    reads = READS

    @extend_schema(operation_id="statuses_combined", responses=CombinedShape)
    def get(self, request: Request, repository: str, sha: str) -> Response:
        """Read what all checks say of a commit, and one state for them."""
        found = lookup.repository_for(person_of(request), repository)
        sha = _commit(sha)
        told = checks.statuses(found, sha)
        said = {
            "sha": sha,
            "state": checks.combined(told),
            "total_count": len(told),
            "statuses": told,
        }
        return Response(CombinedShape(said).data)


def _commit(sha: str) -> str:
    if not re.fullmatch(SHA, sha):
        raise Invalid(f"“{sha[:50]}” is no commit: it takes all 40 digits.")
    return sha.lower()


def _reported(request: Request, repository: str, sha: str, values: dict[str, Any]) -> Response:
    person = person_of(request)
    found = lookup.repository_for(person, repository)
    kept = reports.report(found, _commit(sha), person, **values)
    return Response(StatusShape(kept).data, status=201)
