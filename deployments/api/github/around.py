"""What clients ask first: what this is, whose token they have, and the repository itself."""

from __future__ import annotations

from django.conf import settings
from rest_framework.request import Request
from rest_framework.response import Response

from deployments import rights
from deployments.api.doors import person_of
from deployments.api.github import shapes, urls_of
from deployments.api.github.doors import GithubView, RepositoryView
from deployments.api.throttling import PersonRate
from deployments.exceptions import DeploymentError
from deployments.models import ApiToken
from deployments.selectors import code


class Root(GithubView):
    """Where what is: gh and others ask it to see what a token may."""

    reads = tuple(ApiToken.Scope.values)

    def get(self, request: Request) -> Response:
        return Response(urls_of.root(shapes.base(request), settings.SHIPMATE_URL))


class User(GithubView):
    """Any token may ask this."""

    reads = tuple(ApiToken.Scope.values)

    def get(self, request: Request) -> Response:
        """Say whom this token speaks for."""
        return Response(shapes.own_user(request, person_of(request)))


class Meta(GithubView):
    """No address of Shipmate's is anybody's to know: webhooks come from where it stands."""

    authentication_classes = ()
    permission_classes = ()

    def get(self, request: Request) -> Response:
        """Say what this is."""
        return Response({"verifiable_password_authentication": False})


class RateLimit(GithubView):
    """How often the person may ask; asking this does not count."""

    reads = tuple(ApiToken.Scope.values)
    throttle_classes = ()

    def get(self, request: Request) -> Response:
        """Say how many requests are left. There is one limit for all, and no search."""
        rate = PersonRate()
        rate.look(request, self)
        core, none = rate.told(), {"limit": 0, "remaining": 0, "used": 0, "reset": 0}
        return Response({"resources": {"core": core, "search": none}, "rate": core})


class Repository(RepositoryView):
    def get(self, request: Request, **_: str) -> Response:
        """Read one repository, and what the person may in it."""
        where, person = self.where(request), person_of(request)
        app = where.applications[0]
        may = {
            "admin": rights.may(person, "administer"),
            "maintain": rights.may(person, "configure", app),
            "push": rights.may(person, "deploy", app),
            "triage": rights.may(person, "deploy", app),
            "pull": rights.may(person, "see", app),
        }
        try:
            branch = code.refs(app, fresh=False).default
        except DeploymentError:
            branch = ""
        return Response(shapes.repository(request, where, branch or "main", app.created_at, may))
