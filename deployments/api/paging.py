"""Lists in pages. Each page says where the next one begins, so none is counted or skipped over."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar
from urllib.parse import urlencode

from rest_framework import serializers
from rest_framework.request import Request

from deployments.api.parsing import Asked

T = TypeVar("T")
USUAL, MOST = 50, 200


class Limit(Asked):
    limit = serializers.IntegerField(
        min_value=1, max_value=MOST, default=USUAL, help_text="How many at most."
    )


class AfterName(Limit):
    """The page of a list that is ordered by name."""

    after = serializers.CharField(
        max_length=63,
        allow_blank=True,
        default="",
        help_text="Only names that come after this one.",
    )


def page(
    request: Request, rows: Sequence[T], limit: int, show: Callable[[T], Any], **following: Any
) -> dict[str, Any]:
    """Return a page of what was fetched, one more than asked for: that one says there is more.

    `following`: the parameter that the next page begins with, and how to read it off the last row.
    """
    shown = rows[:limit]
    address = None
    if len(rows) > limit:
        address = onwards(request, **{name: read(shown[-1]) for name, read in following.items()})
    return {"results": [show(row) for row in shown], "next": address}


def onwards(request: Request, **following: Any) -> str:
    """Return the address of the page that begins there."""
    asked = {**request.query_params.dict(), **following}
    return request.build_absolute_uri(f"{request.path}?{urlencode(asked)}")
