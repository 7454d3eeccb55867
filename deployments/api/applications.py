"""Apps, their environments, hosts: what there is, and what runs where."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from deployments.api.deployments import LARGEST, MADE, answered, done
from deployments.api.doors import ApiView, door_of, person_of
from deployments.api.errors import blocker
from deployments.api.paging import AfterName, page
from deployments.api.parsing import Asked, Number, checked
from deployments.api.schema import KEY, paged
from deployments.api.shapes import (
    AppShape,
    EnvironmentDetailShape,
    EnvironmentShape,
    HostShape,
    PlacedShape,
)
from deployments.blockers import blockers
from deployments.models import Application, Environment, Host, Person
from deployments.selectors import environments, listing, lookup
from deployments.services import lifecycle


class NewRollback(Asked):
    """Where to: to this deployment, or to what ran before."""

    to = Number(min_value=1, max_value=LARGEST, allow_null=True, default=None)


class Apps(ApiView):
    @extend_schema(operation_id="apps_list", parameters=[AfterName], responses=paged(AppShape))
    def get(self, request: Request) -> Response:
        """List the apps, by name."""
        asked = checked(AfterName, request.query_params.dict())
        rows = listing.applications(person_of(request), asked["after"], asked["limit"])
        return Response(page(request, rows, asked["limit"], _app, after=lambda row: row.name))


class App(ApiView):
    @extend_schema(operation_id="apps_get", responses=AppShape)
    def get(self, request: Request, app: str) -> Response:
        """Read one app."""
        return Response(_app(lookup.application_for(person_of(request), app)))


class Environments(ApiView):
    @extend_schema(operation_id="environments_list", responses=EnvironmentShape(many=True))
    def get(self, request: Request, app: str) -> Response:
        """List an app's environments in the order of promotion, with what runs in each."""
        found = lookup.application_for(person_of(request), app)
        return Response(EnvironmentShape(listing.environments(found), many=True).data)


class OneEnvironment(ApiView):
    @extend_schema(operation_id="environments_get", responses=EnvironmentDetailShape)
    def get(self, request: Request, app: str, environment: str) -> Response:
        """Read one environment: its hosts, and all that keeps you from deploying there now."""
        person = person_of(request)
        found = lookup.environment_for(person, app, environment)
        return Response(_detail(found, person))


class Rollback(ApiView):
    @extend_schema(
        operation_id="environments_rollback",
        parameters=[KEY],
        request=NewRollback,
        responses=MADE,
    )
    def post(self, request: Request, app: str, environment: str) -> Response:
        """Return to what ran before, or to the deployment that is named."""
        asked, door = checked(NewRollback, request.data or {}), door_of(request)
        found = lookup.environment_for(door.person, app, environment)
        known = lifecycle.find_by_key(door)
        if known is not None:
            return answered(request, known, is_new=False)
        number = asked["to"]
        target = lookup.deployment_for(door.person, number) if number else None
        return answered(request, done(lifecycle.rollback, found, door, to=target), is_new=True)


class Hosts(ApiView):
    @extend_schema(operation_id="hosts_list", parameters=[AfterName], responses=paged(HostShape))
    def get(self, request: Request) -> Response:
        """List the hosts, by name, with what is placed on each."""
        asked = checked(AfterName, request.query_params.dict())
        rows = listing.hosts(person_of(request), asked["after"], asked["limit"])
        return Response(page(request, rows, asked["limit"], _host, after=lambda row: row.name))


class OneHost(ApiView):
    @extend_schema(operation_id="hosts_get", responses=HostShape)
    def get(self, request: Request, name: str) -> Response:
        """Read one host."""
        person = person_of(request)
        return Response(_host(listing.host(person, name)))


def _app(row: Application) -> Any:
    return AppShape(row).data


def _host(row: Host) -> Any:
    return HostShape(row).data


def _detail(found: Environment, person: Person) -> dict[str, Any]:
    return {
        **EnvironmentShape(listing.cell(found)).data,
        "hosts": PlacedShape(environments.placements_of(found), many=True).data,
        "blockers": [blocker(each) for each in blockers(found, person)],
    }
