"""What changed, by number: for those who follow."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from deployments.api import waiting
from deployments.api.deployments import LARGEST
from deployments.api.doors import ApiView, person_of
from deployments.api.paging import Limit
from deployments.api.parsing import checked
from deployments.api.shapes import ChangeShape
from deployments.selectors import listing


class Behind(Limit):
    after = serializers.IntegerField(
        min_value=0, max_value=LARGEST, default=0, help_text="As the last answer said."
    )
    newest = serializers.IntegerField(
        min_value=0,
        max_value=LARGEST,
        default=0,
        help_text="As the last answer said: what to wait for comes after it.",
    )
    wait = waiting.field()


class FeedShape(serializers.Serializer[Any]):
    results = ChangeShape(many=True)
    after = serializers.IntegerField(
        help_text="Read on from here. It stays ten seconds behind: skip the ids that you have."
    )
    newest = serializers.IntegerField(help_text="The last id of these, for whoever waits for more.")
    more = serializers.BooleanField(help_text="There is more already: ask again at once.")


class Changes(ApiView):
    @extend_schema(operation_id="changes_list", parameters=[Behind], responses=FeedShape)
    def get(self, request: Request) -> Response:
        """Read what changed behind a number, oldest first.

        Ask again with the `after` of the answer. A change may become visible a little later than
        one with a higher number, so what is younger than ten seconds is given again: go by `id`.
        With `wait`, and the `newest` of the answer, it is answered when there is something newer.
        """
        asked, person = checked(Behind, request.query_params.dict()), person_of(request)
        had = max(asked["newest"], asked["after"])
        found = waiting.waited(
            request,
            lambda: listing.changes(person, asked["after"], asked["limit"]),
            lambda found: found.more or found.newest > had,
            asked["wait"],
        )
        newest = max(found.newest, had)
        said = {"results": found.rows, "after": found.after, "newest": newest, "more": found.more}
        return Response(FeedShape(said).data)
