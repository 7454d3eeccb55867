"""Somebody's word about a deployment that waits for it."""

from __future__ import annotations

from django.core.validators import RegexValidator
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from deployments.api.deployments import done, shown
from deployments.api.doors import ApiView, door_of
from deployments.api.parsing import Asked, Text, checked
from deployments.api.shapes import DeploymentShape
from deployments.selectors import lookup
from deployments.services import approvals

# One letter of it at least, and no NUL.
READABLE = r"^[^\u0000]*[!-~\u00a1-\u167f\u1681-\u1fff\u3001-\ud7ff][^\u0000]*$"


class NewRejection(Asked):
    """Why it is not to be."""

    because = Text(
        max_length=500,
        validators=[RegexValidator(READABLE)],
        help_text="Whoever asked for it is told.",
    )


class Approve(ApiView):
    @extend_schema(operation_id="deployments_approve", request=None, responses=DeploymentShape)
    def post(self, request: Request, number: int) -> Response:
        """Let it begin that waits for approval, with one's own authority; never one's own."""
        door = door_of(request)
        found = lookup.deployment_for(door.person, number)
        return Response(shown(done(approvals.approve, found, door)))


class Reject(ApiView):
    @extend_schema(
        operation_id="deployments_reject", request=NewRejection, responses=DeploymentShape
    )
    def post(self, request: Request, number: int) -> Response:
        """End it that waits for approval, and say why."""
        asked, door = checked(NewRejection, request.data or {}), door_of(request)
        found = lookup.deployment_for(door.person, number)
        return Response(shown(done(approvals.reject, found, door, asked["because"])))
