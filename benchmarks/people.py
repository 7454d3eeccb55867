"""People at their browsers, as far as a server can tell: pages, forms, and the live stream."""

from __future__ import annotations

import json
import random
import re
import threading
import time
from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection, HTTPException, HTTPResponse
from queue import Empty, SimpleQueue
from socket import SHUT_RDWR
from urllib.parse import urlencode

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore

from bots.models import Post
from deployments.models import Person, Role

TOKEN = "t" * 32  # of the forms: cookie and field say the same
BACKEND = "django.contrib.auth.backends.ModelBackend"
NUMBER = re.compile(r'data-post="(\d+)"')
SECONDS = 60
# As static/js/talk.js waits: before it asks, before it asks again, before it notes what was seen.
BEFORE, AGAIN, NOTE = 0.02, 0.1, (0.3, 2.0)


class Visitor:
    """Somebody who is signed in."""

    def __init__(self, port: int, session: str) -> None:
        self.port, self.session = port, session

    def get(self, path: str) -> str:
        return self._read(*self.opened("GET", path))

    def post(self, path: str, **fields: str) -> str:
        """Send a form as a live page does."""
        return self._read(*self.opened("POST", path, urlencode(fields)))

    def say(self, place: str, text: str) -> int:
        """Say something in a room and return the number of the post."""
        found = NUMBER.search(self.post(f"{place}say/", text=text))
        if found is None:
            raise RuntimeError(f"“{text}” was not kept")
        return int(found[1])

    def opened(self, method: str, path: str, body: str = "") -> tuple[HTTPConnection, HTTPResponse]:
        """Return the answer, of which nothing was read yet, and the line on which it comes."""
        line = HTTPConnection("127.0.0.1", self.port, timeout=SECONDS)
        headers = {
            "Cookie": f"sessionid={self.session}; csrftoken={TOKEN}",
            "X-CSRFToken": TOKEN,
            "X-Live": "1",
            "Content-Type": "application/x-www-form-urlencoded",
        }
        line.request(method, path, body.encode() or None, headers)
        return line, line.getresponse()

    def _read(self, line: HTTPConnection, answer: HTTPResponse) -> str:
        text = answer.read().decode()
        line.close()
        if answer.status >= 300:
            raise RuntimeError(f"{answer.status}: {text[:300]}")
        return text


class OpenPage:
    """A room's page that is open: hears what changed, and asks for the posts as talk.js does."""

    def __init__(self, visitor: Visitor, place: str) -> None:
        self.visitor, self.place = visitor, place
        self.shown: dict[int, float] = {}  # when each post stood on the page
        self.listens = threading.Event()
        self._wanted: SimpleQueue[int] = SimpleQueue()
        self._over = threading.Event()

    @contextmanager
    def kept_open(self) -> Iterator[OpenPage]:
        address = re.search(r'data-live-url="([^"]+)"', self.visitor.get(self.place))
        if address is None:
            raise RuntimeError(f"{self.place} is no live page")
        line, stream = self.visitor.opened("GET", address[1].replace("&amp;", "&"))
        doing = [
            threading.Thread(target=self._listen, args=(stream,), daemon=True),
            threading.Thread(target=self._ask, daemon=True),
        ]
        for thread in doing:
            thread.start()
        self.listens.wait(SECONDS)
        try:
            yield self
        finally:
            self._over.set()
            line.sock.shutdown(SHUT_RDWR)  # closing it would wait for the thread that reads

    def _listen(self, stream: HTTPResponse) -> None:
        try:
            for told in stream:
                self.listens.set()
                if told.startswith(b"data: "):
                    self._hear(json.loads(told[6:]))
        except (OSError, HTTPException):
            if not self._over.is_set():
                raise

    def _hear(self, news: dict[str, str]) -> None:
        if str(news.get("topic") or "").startswith("room-"):
            self._wanted.put(int(news["subject"].split("/")[0]))

    def _ask(self) -> None:
        note_at = float("inf")
        while not self._over.is_set():
            if time.perf_counter() > note_at:
                self.visitor.post(f"{self.place}seen/", last=str(max(self.shown)))
                note_at = float("inf")
            try:
                first = self._wanted.get(timeout=0.05)
            except Empty:
                continue
            time.sleep(BEFORE)
            self._fetch(first)
            note_at = min(note_at, time.perf_counter() + random.uniform(*NOTE))  # noqa: S311
            if not self._wanted.empty():
                time.sleep(AGAIN)

    def _fetch(self, first: int) -> None:
        numbers = {first}
        while not self._wanted.empty() and len(numbers) < 100:
            numbers.add(self._wanted.get())
        asked = urlencode({"pane": "posts", "ids": ",".join(map(str, sorted(numbers)))})
        text = self.visitor.get(f"{self.place}?{asked}")
        now = time.perf_counter()
        for number in NUMBER.findall(text):
            self.shown.setdefault(int(number), now)


def make(port: int, count: int) -> list[Visitor]:
    """Make so many people who may deploy, each of them signed in."""
    return [Visitor(port, _signed_in(_person(number))) for number in range(count)]


@contextmanager
def pages(visitors: list[Visitor], place: str) -> Iterator[list[OpenPage]]:
    """Have each of them open the page."""
    with ExitStack() as stack:
        yield [stack.enter_context(OpenPage(each, place).kept_open()) for each in visitors]


def answers(posts: Collection[int]) -> dict[int, int]:
    """Return the bot's answer to each post that has one."""
    keys = {f"answer:{post}": post for post in posts}
    found = Post.objects.filter(key__in=keys).values_list("key", "pk")
    return {keys[key]: number for key, number in found if key}


def _person(number: int) -> Person:
    person, made = Person.objects.get_or_create(
        username=f"person-{number}", defaults={"name": f"Person {number}", "password": "!"}
    )
    if made:
        Role.objects.create(person=person, name="deployer")
    return person


def _signed_in(person: Person) -> str:
    """Return the key of a session. Passwords are slow on purpose, and not what is measured."""
    session = SessionStore()
    session[SESSION_KEY] = str(person.pk)
    session[BACKEND_SESSION_KEY] = BACKEND
    session[HASH_SESSION_KEY] = person.get_session_auth_hash()
    session.create()
    return str(session.session_key)
