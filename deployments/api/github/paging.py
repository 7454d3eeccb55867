"""Lists in pages as GitHub has them: ?page= and ?per_page=, and the others in the Link header."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet
from rest_framework.request import Request
from rest_framework.response import Response

USUAL, MOST, FURTHEST = 30, 100, 100_000


def page(
    request: Request, rows: QuerySet[Any, Any] | list[Any], show: Callable[[Any], Any]
) -> Response:
    """Return one page."""
    return linked(request, rows, lambda shown: [show(row) for row in shown])


def linked(
    request: Request, rows: QuerySet[Any, Any] | list[Any], told: Callable[[list[Any]], Any]
) -> Response:
    """Return one page, as it is told. A number that makes no sense is the usual one."""
    number = min(_number(request, "page", 1), FURTHEST)
    size = min(_number(request, "per_page", USUAL), MOST)
    total = len(rows) if isinstance(rows, list) else rows.count()
    begin = (number - 1) * size
    last = max(-(-total // size), 1)
    answer = Response(told(list(rows[begin : begin + size]) if begin < total else []))
    links = _links(request, number, last)
    if links:
        answer["Link"] = ", ".join(f'<{address}>; rel="{rel}"' for rel, address in links.items())
    return answer


def _links(request: Request, number: int, last: int) -> dict[str, str]:
    pages: dict[str, int] = {}
    if number > 1:
        pages |= {"prev": min(number - 1, last), "first": 1}
    if number < last:
        pages |= {"next": number + 1, "last": last}
    return {rel: _address(request, page) for rel, page in pages.items()}


def _address(request: Request, number: int) -> str:
    asked = {**request.query_params.dict(), "page": str(number)}
    return request.build_absolute_uri(f"{request.path}?{urlencode(asked)}")


def _number(request: Request, name: str, usual: int) -> int:
    text = request.query_params.get(name, "")
    given = int(text) if text.isdecimal() and len(text) < 10 else 0
    return given or usual
