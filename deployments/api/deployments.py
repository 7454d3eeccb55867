"""Deployments: ask for one, list them, read one, retry, return to it, let it go on, cancel it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ParamSpec

from django.urls import reverse
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from deployments.api import waiting
from deployments.api.doors import ApiView, door_of, person_of
from deployments.api.paging import Limit, onwards
from deployments.api.parsing import Asked, Switch, Text, checked
from deployments.api.schema import KEY, paged
from deployments.api.shapes import DeploymentShape, ErrorShape, LogShape, LotShape
from deployments.exceptions import Invalid, Refused
from deployments.models import Deployment
from deployments.selectors import listing, log, lookup, lots, phases
from deployments.services import lifecycle, pausing

P = ParamSpec("P")
LARGEST = 2**39 - 1  # of a number: the search makes larger ones of it
MADE = {
    201: OpenApiResponse(DeploymentShape, description="It is asked for; Location is its address."),
    200: OpenApiResponse(DeploymentShape, description="The same request made it before."),
}


class NewDeployment(Asked):
    """What is to be deployed, and where."""

    app = Text(max_length=63)
    environment = Text(max_length=63, help_text="Its name or an alias.")
    ref = Text(
        max_length=255,
        allow_blank=True,
        default="",
        help_text="A branch, tag or commit; empty: the default branch.",
    )
    expected_sha = Text(
        max_length=40,
        allow_blank=True,
        default="",
        help_text="The commit that was looked at: a ref that has moved since is refused.",
    )
    task = Text(max_length=63, default="deploy", help_text="Run another task of the app.")
    hosts = serializers.ListField(
        child=Text(max_length=63),
        max_length=500,
        default=list,
        help_text="Only these hosts or roles; empty: all.",
    )
    parameters = serializers.DictField(
        child=Text(max_length=500, allow_blank=True, trim_whitespace=False),
        default=dict,
        help_text="As the app declares them.",
    )
    why = Text(max_length=500, allow_blank=True, default="")
    force = Switch(default=False, help_text="Go past red or missing checks; takes “force”.")
    when_green = Switch(
        default=False,
        help_text="Where checks have not passed, wait for them: pending, and goes on by itself.",
    )


class NewRetry(Asked):
    """Nothing has to be sent."""

    failed_hosts = Switch(
        default=False, help_text="Only to the hosts on which it did not end well."
    )


class Search(Limit):
    q = serializers.CharField(
        max_length=500,
        allow_blank=True,
        default="",
        help_text='As on the history page: app:web state:failure since:7d "text".',
    )
    before = serializers.IntegerField(
        min_value=1, max_value=LARGEST, required=False, help_text="Only older numbers."
    )


class Reached(serializers.Serializer[Any]):
    number = serializers.IntegerField(help_text="All deployments down to this one were looked at.")
    at = serializers.DateTimeField(allow_null=True, help_text="When that one was asked for.")


class After(Asked):
    after = serializers.IntegerField(
        min_value=0, max_value=2**31 - 1, default=0, help_text="As the last answer said."
    )
    wait = waiting.field()


class Deployments(ApiView):
    @extend_schema(
        operation_id="deployments_list",
        parameters=[Search],
        responses={
            200: paged(
                DeploymentShape,
                reached=Reached(
                    allow_null=True,
                    help_text="How far the search came before its time was over, and `next` goes "
                    "on from there; null: to the end of the page.",
                ),
            ),
            409: OpenApiResponse(ErrorShape, description="A search that is not understood."),
        },
    )
    def get(self, request: Request) -> Response:
        """Search the history, newest first, in the grammar of the page and of chat."""
        asked = checked(Search, request.query_params.dict())
        person, limit = person_of(request), asked["limit"]
        found = listing.deployments(person, asked["q"], asked.get("before"), limit)
        results = [shown(row) for row in found.deployments]
        following = onwards(request, before=found.older) if found.older else None
        reached = Reached(found.reached).data if found.reached else None
        return Response({"results": results, "next": following, "reached": reached})

    @extend_schema(
        operation_id="deployments_create",
        parameters=[KEY],
        request=NewDeployment,
        responses=MADE,
    )
    def post(self, request: Request) -> Response:
        """Ask for a deployment. Refusals give every reason at once, with who clears each."""
        asked, door = checked(NewDeployment, request.data), door_of(request)
        environment = lookup.environment_for(
            door.person, asked.pop("app"), asked.pop("environment")
        )
        known = lifecycle.find_by_key(door)
        made = known or lifecycle.request(environment, asked.pop("ref"), door, **asked)
        return answered(request, made, is_new=known is None)


class One(ApiView):
    @extend_schema(operation_id="deployments_get", responses=DeploymentShape)
    def get(self, request: Request, number: int) -> Response:
        """Read one deployment."""
        return Response(shown(lookup.deployment_for(person_of(request), number)))


class Log(ApiView):
    @extend_schema(operation_id="deployments_log", parameters=[After], responses=LogShape)
    def get(self, request: Request, number: int) -> Response:
        """Read the log behind an offset. Ask again with the `after` of the answer to follow it.

        With `wait` it is answered when there is a line, or the end.
        """
        asked, person = checked(After, request.query_params.dict()), person_of(request)

        def look() -> dict[str, Any]:
            found = lookup.deployment_for(person, number)
            piece = log.following(found, asked["after"])
            ended = found.is_finished and not piece.more
            return {"lines": piece.lines, "after": piece.after, "more": piece.more, "ended": ended}

        said = waiting.waited(request, look, lambda it: it["lines"] or it["ended"], asked["wait"])
        return Response(LogShape(said).data)


class Hosts(ApiView):
    @extend_schema(operation_id="deployments_hosts", responses=LotShape(many=True))
    def get(self, request: Request, number: int) -> Response:
        """Read how it went host by host, in the order of the batches."""
        found = lookup.deployment_for(person_of(request), number)
        how = lots.lots(found, phases.phases(found))
        return Response([LotShape(lot).data for lot in how])


class Retry(ApiView):
    @extend_schema(
        operation_id="deployments_retry", parameters=[KEY], request=NewRetry, responses=MADE
    )
    def post(self, request: Request, number: int) -> Response:
        """Deploy again what failed, erred or was cancelled, as a new deployment."""
        asked, door = checked(NewRetry, request.data or {}), door_of(request)
        found = lookup.deployment_for(door.person, number)
        known = lifecycle.find_by_key(door)
        made = known or done(lifecycle.retry, found, door, **asked)
        return answered(request, made, is_new=known is None)


class GoOn(ApiView):
    @extend_schema(operation_id="deployments_go_on", request=None, responses=DeploymentShape)
    def post(self, request: Request, number: int) -> Response:
        """Let it go on behind the pause after its first host; one that went on goes on."""
        door = door_of(request)
        found = lookup.deployment_for(door.person, number)
        return Response(shown(done(pausing.go_on, found, door.person, door.via)))


class ReturnTo(ApiView):
    @extend_schema(
        operation_id="deployments_rollback", parameters=[KEY], request=None, responses=MADE
    )
    def post(self, request: Request, number: int) -> Response:
        """Return its environment to this deployment, which must have succeeded there."""
        door = door_of(request)
        found = lookup.deployment_for(door.person, number)
        known = lifecycle.find_by_key(door)
        made = known or done(lifecycle.rollback, found.environment, door, to=found)
        return answered(request, made, is_new=known is None)


class Cancel(ApiView):
    @extend_schema(operation_id="deployments_cancel", request=None, responses=DeploymentShape)
    def post(self, request: Request, number: int) -> Response:
        """Stop it. One that runs is being stopped; one that is cancelled stays so."""
        door = door_of(request)
        found = lookup.deployment_for(door.person, number)
        if found.status != Deployment.Status.CANCELLED:
            found = done(lifecycle.cancel, found, door)
        return Response(shown(found))


def done(action: Callable[P, Deployment], *args: P.args, **kwargs: P.kwargs) -> Deployment:
    """Do it. What is asked for is clear here: where it makes no sense now, that is a conflict."""
    try:
        return action(*args, **kwargs)
    except Invalid as error:
        raise Refused([str(error)]) from error


def answered(request: Request, made: Deployment, *, is_new: bool) -> Response:
    address = request.build_absolute_uri(reverse("api-deployment", args=[made.pk]))
    found = lookup.deployment_for(person_of(request), made.pk)
    return Response(shown(found), status=201 if is_new else 200, headers={"Location": address})


def shown(row: Deployment) -> Any:
    return DeploymentShape(row).data
