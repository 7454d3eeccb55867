"""Requests are answered in a few threads that stay; what is streamed is sent from the event loop.

Django's own ASGI handler gives each request a thread of its own, and that thread a connection to
the database of its own; and it crosses to the event loop and back on each part of the way.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import IO, Any

from asgiref.sync import ThreadSensitiveContext
from django.core import signals
from django.core.exceptions import RequestAborted
from django.core.handlers.asgi import ASGIHandler, get_script_prefix
from django.core.handlers.base import BaseHandler
from django.http.response import HttpResponseBase
from django.urls import set_script_prefix

# More do not answer sooner: they would take turns. Some may wait, for git or for the database.
THREADS = 16


class Handler(ASGIHandler):
    def __init__(self, threads: int = THREADS) -> None:
        BaseHandler.__init__(self)
        self.load_middleware(is_async=False)
        self.threads = ThreadPoolExecutor(threads, "request")

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            raise ValueError(f"Only HTTP is spoken here, not {scope['type']}.")
        try:
            body = await self.read_body(receive)
        except RequestAborted:
            return
        in_a_thread = asyncio.get_running_loop().run_in_executor
        response = await in_a_thread(self.threads, self._answer, scope, body)
        if not response.streaming:
            await self.send_response(response, send)
            return
        try:
            await self._stream(response, receive, send)
        finally:
            await in_a_thread(self.threads, response.close)

    def _answer(self, scope: Any, body: IO[bytes]) -> HttpResponseBase:
        """Return the whole answer; of one that is streamed, its beginning."""
        set_script_prefix(get_script_prefix(scope))
        signals.request_started.send(sender=type(self), scope=scope)
        request, error = self.create_request(scope, body)
        response = self.get_response(request) if request is not None else error
        assert response is not None  # noqa: S101  either of the two is there
        if not response.streaming:
            response.close()  # here, so that this thread's connections are looked after
        body.close()
        return response

    async def _stream(self, response: HttpResponseBase, receive: Any, send: Any) -> None:
        """Send it until it ends, or nobody listens any more."""
        async with ThreadSensitiveContext():
            sending = asyncio.create_task(self.send_response(response, send))
            leaving = asyncio.create_task(self.listen_for_disconnect(receive))
            try:
                await asyncio.wait((sending, leaving), return_when=asyncio.FIRST_COMPLETED)
            finally:
                sending.cancel()
                leaving.cancel()
                ended, _ = await asyncio.gather(sending, leaving, return_exceptions=True)
        if isinstance(ended, Exception):
            raise ended
