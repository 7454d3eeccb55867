"""/repos/{owner}/{repo}/deployments, and how each went."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from deployments import rights
from deployments.api.doors import door_of
from deployments.api.github import asking, shapes
from deployments.api.github.doors import RepositoryView
from deployments.api.github.paging import page
from deployments.api.parsing import Switch, Text, checked
from deployments.exceptions import Invalid, NotAllowed, Refused
from deployments.models import Deployment, Environment, LockTask
from deployments.selectors import slugs, told
from deployments.selectors.slugs import Slugged
from deployments.services import contexts, lock_tasks
from deployments.services.lifecycle import Door

FILTERS = ("sha", "ref", "task", "environment")
NONE = "none"  # what GitHub's `task` and `environment` are where nothing is to be narrowed
STATES = ["error", "failure", "inactive", "in_progress", "queued", "pending", "success"]


class NewStatus(serializers.Serializer[Any]):
    """A status as GitHub takes it."""

    state = serializers.ChoiceField(choices=STATES)
    description = Text(max_length=140, allow_blank=True, allow_null=True, default="")
    auto_inactive = Switch(default=True, allow_null=True)


class Deployments(RepositoryView):
    def get(self, request: Request, **_: str) -> Response:
        """List what was deployed from the repository, newest first."""
        where, asked = self.where(request), request.query_params
        given = {name: asked[name] for name in FILTERS if asked.get(name)}
        narrowed = {name: text for name, text in given.items() if text != NONE or name == "ref"}
        rows = slugs.listed_in(where, narrowed)
        return page(request, rows, lambda row: shapes.deployment(request, where, row))

    def post(self, request: Request, **_: str) -> Response:
        """Ask for a deployment. A refusal gives every reason at once, in a `message` to be said."""
        where, wanted = self.where(request), asking.wanted(request.data)
        chosen = (wanted.app, wanted.provider)
        place, door = slugs.environment_in(where, wanted.environment, *chosen), door_of(request)
        if lock_tasks.is_one(place, wanted.called(place)):
            kept = lock_tasks.ask(place, door, wanted.wish(place))
            return _made(request, where, kept, 201, kept.done)
        made = _asked(place, wanted, door)
        first = _merged_first(made)
        row = slugs.asked_in(where, made.pk)
        return _made(request, where, row, 202 if first else 201, first)


class One(RepositoryView):
    def get(self, request: Request, number: int, **_: str) -> Response:
        """Read one deployment."""
        where = self.where(request)
        row = slugs.asked_in(where, number)
        return Response(shapes.deployment(request, where, row))

    def delete(self, request: Request, number: int, **_: str) -> Response:
        """Refuse, in the way in which GitHub keeps one that is active."""
        slugs.asked_in(self.where(request), number)
        raise Invalid(f"#{number} stays on record: no deployment is deleted at Shipmate.")


class Statuses(RepositoryView):
    def get(self, request: Request, number: int, **_: str) -> Response:
        """List how it went, newest first."""
        where = self.where(request)
        row = slugs.asked_in(where, number)
        return page(
            request,
            told.statuses(row),
            lambda one: shapes.deployment_status(request, where, row, one),
        )

    def post(self, request: Request, number: int, **_: str) -> Response:
        """Refuse: whoever performs a deployment says how it went, and that is Shipmate."""
        slugs.asked_in(self.where(request), number)
        checked(NewStatus, request.data)
        raise NotAllowed(
            f"Shipmate performs #{number} itself and alone says how it went. To stop it, cancel it "
            "on its page or in chat."
        )


class OneStatus(RepositoryView):
    def get(self, request: Request, number: int, status: int, **_: str) -> Response:
        """Read one status."""
        where = self.where(request)
        row = slugs.asked_in(where, number)
        return Response(shapes.deployment_status(request, where, row, told.status(row, status)))


def _made(
    request: Request, where: Slugged, row: Deployment | LockTask, status: int, said: str
) -> Response:
    """Answer with what was asked for; `said` is for people: hubot-deploy speaks it in chat."""
    found = shapes.deployment(request, where, row)
    words = {"message": said} if said else {}
    return Response({**found, **words}, status, headers={"Location": found["url"]})


def _merged_first(row: Deployment) -> str:
    """Return what GitHub says of a merge in place of a deployment, and that ours goes on then.

    Clients go by GitHub's words, to which it adds what they need not do any more.
    """
    base = (row.merging or {}).get("base", "")
    if row.status != Deployment.Status.PENDING or not base:
        return ""
    said = f"Auto-merged {base} into {row.ref} on deployment"
    return f"{said}: #{row.pk} waits for that and its checks, then goes on by itself."


def _asked(place: Environment, wanted: asking.Wanted, door: Door) -> Deployment:
    """Ask for it; whoever may not go past checks and wants to may not at all."""
    try:
        return contexts.request(place, wanted.ref, door, wanted.contexts, **wanted.more(place))
    except Refused as error:
        if wanted.force and not rights.may(door.person, "force", place):
            raise NotAllowed(" ".join(error.reasons)) from error
        raise
