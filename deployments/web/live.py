"""Live pages: one stream of server-sent events that say what changed.

One reader per web process follows the database while anybody listens, and tells all listeners.
Pages then ask for their parts again; static/js/live.js is the other end.
"""

from __future__ import annotations

import asyncio
import json
import time
import weakref
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from importlib import import_module
from typing import Any, TypeVar

from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.auth.decorators import login_not_required
from django.core.handlers.asgi import ASGIRequest
from django.db import close_old_connections, connections
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse

from deployments import rights
from deployments.models import Person
from deployments.selectors import feed
from deployments.selectors.feed import News

EVERY = 0.3  # seconds between two looks at the database
EVERY_CHEAPLY = 0.05  # where it tells for nothing whether anybody wrote
HEARTBEAT = 15.0  # seconds of silence after which a comment keeps the line open
CHECK = 5.0  # nothing is told to a listener who was last seen to be signed in longer ago
# What may end a session, or change what its person may see, is worth a look at once.
TURNS = ("session.ended", "person.changed", "person.new_password", "role.given", "role.taken")
SILENCE = News(0, "", None, None, None)
MOST_WAITING = 200  # events a slow listener may owe before it has to start over

T = TypeVar("T")
Waiting = asyncio.Queue[News | None]


def stream_url() -> str:
    """Return the address of the stream from here on, for a page that is made now."""
    return f"{reverse('live')}?after={feed.newest()}"


@login_not_required  # a stream cannot follow a redirect to the sign-in page
def live(request: HttpRequest) -> HttpResponseBase:
    """Stream what changes, from `after` or the Last-Event-ID on."""
    if not isinstance(request, ASGIRequest):
        return HttpResponse(status=204)  # a threaded server would lose a thread to each listener
    if not request.user.is_authenticated:
        return HttpResponse("Sign in first.\n", status=401, content_type="text/plain")
    answer = StreamingHttpResponse(
        _events(request.session.session_key or "", _after(request)),
        content_type="text/event-stream",
    )
    answer["Cache-Control"] = "no-cache"
    answer["X-Accel-Buffering"] = "no"
    return answer


def _after(request: HttpRequest) -> int | None:
    given = request.headers.get("Last-Event-ID") or request.GET.get("after", "")
    return int(given) if given.isdecimal() and len(given) < 19 else None


async def _events(session_key: str, after: int | None) -> AsyncIterator[str]:
    """Yield the stream's text until the listener signs out, goes away or falls behind."""
    reader = Reader.here()
    checked = time.monotonic()
    yield "retry: 2000\n\n"
    with reader.listening() as waiting:
        sees = await reader.ask(lambda: _sight(session_key))
        for news in await reader.missed(after):
            if sees is not None and sees(news):
                yield _event(news)
        while (heard := await _heard(waiting)) is not None:
            if heard.verb in TURNS or time.monotonic() - checked > CHECK:
                sees = await reader.ask(lambda: _sight(session_key))
                checked = time.monotonic()
            if sees is None:
                yield "event: bye\ndata: {}\n\n"
                return
            if sees(heard):
                yield _event(heard) if heard.verb else ": still here\n\n"


async def _heard(waiting: Waiting) -> News | None:
    """Wait for what is to be said next, which is nothing in particular after a long silence.

    None where the listener fell behind: the browser then comes back and asks for everything.
    """
    try:
        return await asyncio.wait_for(waiting.get(), HEARTBEAT)
    except TimeoutError:
        return SILENCE


def _event(news: News) -> str:
    number = f"id: {news.id}\n" if news.id else ""
    data: dict[str, Any] = {
        "verb": news.verb,
        "deployment": news.deployment,
        "environment": news.environment,
        "application": news.application,
        "topic": news.topic or None,
        "subject": (news.topic and news.subject) or None,
    }
    if news.id:
        data = {"id": news.id, **data}
    return f"{number}event: change\ndata: {json.dumps(data)}\n\n"


def _sight(session_key: str) -> Callable[[News], bool] | None:
    """Look anew which news a listener may hear; None: the session ended, or its person's account.

    What belongs to no app names nothing that could not be told.
    """
    request = HttpRequest()
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(session_key)
    person = get_user(request)
    if not isinstance(person, Person):
        return None
    apps = rights.seen(person)
    return lambda news: apps is None or news.application is None or news.application in apps


def _asked(question: Callable[[], T]) -> T:
    """Ask over a connection that still lives."""
    close_old_connections()
    return question()


class Reader:
    """Follows the database while somebody listens; one for each event loop."""

    _readers: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, Reader] = (
        weakref.WeakKeyDictionary()
    )

    def __init__(self) -> None:
        self.listeners: set[Waiting] = set()
        self.task: asyncio.Task[None] | None = None
        # A thread of its own, with a connection of its own: requests come and go.
        self.thread = ThreadPoolExecutor(1, "live")

    @classmethod
    def here(cls) -> Reader:
        return cls._readers.setdefault(asyncio.get_running_loop(), cls())

    @contextmanager
    def listening(self) -> Iterator[Waiting]:
        """Hear all news for a while. The first listener starts the reader, the last one ends it."""
        waiting: Waiting = asyncio.Queue(MOST_WAITING)
        self.listeners.add(waiting)
        if self.task is None or self.task.done():
            self.task = asyncio.create_task(self._follow())
        try:
            yield waiting
        finally:
            self.listeners.discard(waiting)

    async def missed(self, after: int | None) -> list[News]:
        """Return what happened between the page and its stream."""
        return [] if after is None else await self.ask(lambda: feed.since(after))

    async def ask(self, question: Callable[[], T]) -> T:
        """Ask the database, in the reader's thread."""
        return await asyncio.get_running_loop().run_in_executor(self.thread, _asked, question)

    async def _follow(self) -> None:
        follower = feed.Follower()
        while self.listeners:
            for news in await self.ask(follower.look_if_moved):
                for waiting in list(self.listeners):
                    self._tell(waiting, news)
            await asyncio.sleep(EVERY if follower.pulse is None else EVERY_CHEAPLY)
        self.task = None  # at once: whoever comes while the connection closes starts another
        await self.ask(connections.close_all)

    def _tell(self, waiting: Waiting, news: News) -> None:
        try:
            waiting.put_nowait(news)
        except asyncio.QueueFull:
            self.listeners.discard(waiting)
            waiting.get_nowait()
            waiting.put_nowait(None)
