"""Text that is sent while it is made, however much of it there is."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, StreamingHttpResponse

PIECE = 64_000  # characters that are made at a time


def streamed(
    request: HttpRequest, parts: Iterable[str], content_type: str
) -> StreamingHttpResponse:
    """Answer with the parts; over ASGI a list of all of them would be made, were they not async."""
    pieces = _pieces(iter(parts))
    made = _in_a_thread(pieces) if isinstance(request, ASGIRequest) else pieces
    return StreamingHttpResponse(made, content_type=f"{content_type}; charset=utf-8")


async def _in_a_thread(pieces: Iterator[str]) -> AsyncIterator[str]:
    while piece := await sync_to_async(_next)(pieces):
        yield piece


def _next(pieces: Iterator[str]) -> str:
    return next(pieces, "")


def _pieces(parts: Iterator[str]) -> Iterator[str]:
    taken, size = list[str](), 0
    for part in parts:
        taken.append(part)
        size += len(part)
        if size >= PIECE:
            yield "".join(taken)
            taken, size = [], 0
    if taken:
        yield "".join(taken)
