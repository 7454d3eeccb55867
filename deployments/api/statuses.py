"""Checks report what they found, with the words of https://docs.github.com/en/rest/commits/statuses"""

from __future__ import annotations

from typing import Any, cast

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from deployments.exceptions import Invalid
from deployments.models import CommitStatus, Person
from deployments.selectors import checks, lookup
from deployments.services import checks as reports


class Report(serializers.Serializer[Any]):
    sha = serializers.CharField(max_length=40, required=False)
    state = serializers.ChoiceField(choices=CommitStatus.State.choices)
    context = serializers.CharField(max_length=100, default="default")  # type: ignore[assignment]
    description = serializers.CharField(max_length=140, allow_blank=True, default="")
    target_url = serializers.URLField(max_length=500, allow_blank=True, default="")


class Statuses(APIView):
    """POST {"sha", "state", "context", …}: saying the same again changes nothing."""

    def post(self, request: Request, repository: str, sha: str = "") -> Response:
        person = cast(Person, request.user)
        found = lookup.repository_for(person, repository)
        report = Report(data=request.data)
        report.is_valid(raise_exception=True)
        values = dict(report.validated_data)
        said = values.pop("sha", "")
        if not (sha or said):
            raise Invalid("Which commit? Give its sha, all 40 digits.")
        if sha and said and sha != said:
            raise Invalid("The address and the body name different commits.")
        return Response(_shown(reports.report(found, sha or said, person, **values)), status=201)


class Combined(APIView):
    """GET: all checks of a commit, and one state for them."""

    def get(self, request: Request, repository: str, sha: str) -> Response:
        found = lookup.repository_for(cast(Person, request.user), repository)
        told = checks.statuses(found, sha.lower())
        return Response(
            {
                "sha": sha.lower(),
                "state": checks.combined(told),
                "total_count": len(told),
                "statuses": [_shown(status) for status in told],
            }
        )


def _shown(status: CommitStatus) -> dict[str, Any]:
    return {
        "sha": status.sha,
        "state": status.state,
        "context": status.context,
        "description": status.description,
        "target_url": status.target_url,
        "updated_at": status.updated_at,
    }
