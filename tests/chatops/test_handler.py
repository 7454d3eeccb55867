"""The ASGI door: a few threads that stay answer, and the event loop sends what is streamed."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlencode

import pytest
from asgiref import testing
from django.core.signals import request_finished, request_started
from django.test import Client

from bots.models import Post, Room
from chatops.handler import THREADS, Handler
from deployments.api import waiting
from deployments.models import Person
from deployments.web import live

pytestmark = pytest.mark.django_db(transaction=True)

Sent = dict[str, Any]
FORM = "application/x-www-form-urlencoded"
TOKEN = "t" * 32
COMMUNICATOR: Any = testing.ApplicationCommunicator  # without types of its own


@asynccontextmanager
async def asking(
    handler: Handler, path: str, cookie: str = "", method: str = "GET", **fields: str
) -> AsyncIterator[Any]:
    """Send a request as a browser does; whoever asks goes away in the end."""
    headers = {"host": "localhost", "content-type": FORM, "cookie": cookie, "x-csrftoken": TOKEN}
    said = [(name.encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "method": method, "path": path, "query_string": b"", "headers": said}
    talk = COMMUNICATOR(handler, scope)
    await talk.send_input({"type": "http.request", "body": urlencode(fields).encode()})
    try:
        yield talk
    finally:
        await talk.send_input({"type": "http.disconnect"})
        await talk.wait(5)


@pytest.fixture
def cookie(client: Client) -> str:
    """Sign somebody in."""
    client.force_login(Person.objects.create(username="alice"))
    return f"sessionid={client.cookies['sessionid'].value}; csrftoken={TOKEN}"


def run(talk: Callable[[Handler], Coroutine[Any, Any, Sent]], threads: int = 1) -> Sent:
    handler = Handler(threads)
    try:
        return asyncio.run(talk(handler))
    finally:
        handler.threads.shutdown()


async def head(talk: Any) -> Sent:
    found: Sent = await talk.receive_output(5)
    return found


def test_a_form_is_answered(cookie: str) -> None:
    room = Room.objects.create(slug="ops")

    async def main(handler: Handler) -> Sent:
        async with asking(handler, "/flow/ops/say/", cookie, "POST", text="hello, all") as talk:
            return await head(talk)

    assert run(main)["status"] == 302
    assert Post.objects.get(room=room).text == "hello, all"


def test_the_same_thread_answers_and_cleans_up() -> None:
    threads = list[int]()

    def note(**_: object) -> None:
        threads.append(threading.get_ident())

    async def main(handler: Handler) -> Sent:
        async with asking(handler, "/healthz") as first:
            await head(first)
        async with asking(handler, "/healthz") as second:
            return await head(second)

    request_started.connect(note)
    request_finished.connect(note)
    assert run(main)["status"] == 200
    assert threads == 4 * threads[:1] != 4 * [threading.get_ident()]


def test_open_streams_keep_no_thread_from_others(cookie: str) -> None:
    async def main(handler: Handler) -> Sent:
        async with (
            asking(handler, "/live/", cookie) as stream,
            asking(handler, "/live/", cookie) as other,
        ):
            assert (await head(stream))["status"] == (await head(other))["status"] == 200
            async with asking(handler, "/healthz") as talk:
                return await head(talk)

    assert run(main)["status"] == 200


def test_scripts_that_wait_leave_half_of_the_threads_to_pages() -> None:
    assert waiting.MOST <= THREADS // 2


def test_a_stream_ends_when_nobody_listens(cookie: str) -> None:
    async def main(handler: Handler) -> Sent:
        async with asking(handler, "/live/", cookie) as stream:
            begun = await head(stream)
            await head(stream)
            assert live.Reader.here().listeners
        assert not live.Reader.here().listeners
        await live.Reader.here().task  # type: ignore[misc]
        return begun

    assert run(main)["status"] == 200


def test_a_stream_that_breaks_off_is_told_to_the_server(
    cookie: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object) -> AsyncIterator[str]:
        yield "one\n"
        raise ValueError("broken")

    monkeypatch.setattr(live, "_events", broken)

    async def main(handler: Handler) -> Sent:
        async with asking(handler, "/live/", cookie) as stream:
            await asyncio.wait_for(stream.wait(5), 5)
        return {}

    with pytest.raises(ValueError, match="broken"):
        run(main)


def test_who_leaves_while_sending_is_not_answered() -> None:
    async def main(handler: Handler) -> Sent:
        talk = COMMUNICATOR(handler, {"type": "http", "method": "POST", "path": "/", "headers": []})
        await talk.send_input({"type": "http.request", "body": b"half", "more_body": True})
        await talk.send_input({"type": "http.disconnect"})
        await talk.wait(5)
        return {"answered": not await talk.receive_nothing()}

    assert run(main) == {"answered": False}


def test_nothing_but_http_is_spoken() -> None:
    async def main(handler: Handler) -> Sent:
        await handler({"type": "websocket"}, _never, _never)
        return {}

    with pytest.raises(ValueError, match="websocket"):
        run(main)


async def _never(*_: object) -> Awaitable[None]:
    raise AssertionError("nothing is asked or said")
