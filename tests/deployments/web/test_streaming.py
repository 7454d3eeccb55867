"""What is sent while it is made: in pieces, and never all of it at hand."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from asgiref.sync import async_to_sync
from django.test import AsyncRequestFactory, RequestFactory

from deployments.web.streaming import PIECE, streamed


@async_to_sync
async def first(answer: Any) -> bytes:
    async for piece in answer:
        return bytes(piece)
    return b""


def endless(made: list[int]) -> Iterator[str]:
    for number in range(10**9):
        made.append(number)
        yield f"{number:099}\n"


def test_the_first_piece_is_sent_before_the_last_is_made() -> None:
    made: list[int] = []

    answer = streamed(AsyncRequestFactory().get("/"), endless(made), "text/plain")

    assert len(first(answer)) == len(made) * 100 == PIECE
    assert answer["Content-Type"] == "text/plain; charset=utf-8"


def test_another_server_is_given_the_same() -> None:
    answer = streamed(RequestFactory().get("/"), ["a" * PIECE, "b"], "text/plain")

    assert [len(piece) for piece in answer] == [PIECE, 1]


def test_nothing_is_an_empty_answer() -> None:
    assert first(streamed(AsyncRequestFactory().get("/"), [], "text/plain")) == b""
