"""A client of GitHub's API that is pointed at Shipmate, and GitHub's description of its answers."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
import uvicorn
from django.test import Client

from chatops.bounded import Bounded
from chatops.handler import Handler
from deployments.api.github.addresses import Discreet
from deployments.models import Application, Person
from deployments.services import tokens
from tests.deployments import build
from tests.servers.github import description

WEB = "repos/acme/hello"
MakeCaller = Callable[..., "Caller"]


@dataclass
class Caller:
    """Asks by a token; each answer is held against what GitHub describes for it."""

    text: str

    def ask(
        self, method: str, url: str, body: object = None, operation: str = "", key: str = ""
    ) -> Any:
        keyed = {"Idempotency-Key": key} if key else {}
        client = Client(headers={"Authorization": f"token {self.text}", **keyed})
        send = getattr(client, method)
        more = {} if body is None else {"data": body, "content_type": "application/json"}
        answer = send(f"/api/v3/{url}", **more)
        self.check(answer, f"{method.upper()} {operation}" if operation else "")
        return answer

    def get(self, url: str, operation: str = "") -> Any:
        return self.ask("get", url, None, operation)

    def post(self, url: str, body: object, operation: str = "") -> Any:
        return self.ask("post", url, body, operation)

    @staticmethod
    def check(answer: Any, operation: str) -> None:
        if answer.status_code >= 400:
            is_invalid = answer.status_code == 422
            description.check(
                answer.json(), description.INVALID if is_invalid else description.ERROR
            )
            assert answer.json()["message"]
        elif operation:
            description.named(operation).check_answer(answer.status_code, answer.json())


@pytest.fixture
def caller(db: None) -> MakeCaller:
    def make(person: Person, **limits: Any) -> Caller:
        return Caller(tokens.make(person, "github", by=build.maker(), **limits)[1])

    return make


@pytest.fixture
def bot(alice: Person, hello: Application, caller: MakeCaller) -> Caller:
    """A bot of alice's that may all she may, in hello."""
    return caller(alice)


@contextmanager
def serving(**options: Any) -> Iterator[int]:
    """Run the real web server, which keeps an access log; give its port."""
    handler = Handler()
    config = uvicorn.Config(
        Discreet(Bounded(handler)),
        port=0,
        lifespan="off",
        timeout_graceful_shutdown=1,
        log_config=None,
        access_log=True,
        **options,
    )
    running = uvicorn.Server(config)
    thread = threading.Thread(target=running.run, daemon=True)
    thread.start()
    until = time.monotonic() + 30
    while not running.started and time.monotonic() < until:
        time.sleep(0.01)
    yield running.servers[0].sockets[0].getsockname()[1]
    running.should_exit = True
    thread.join(30)
    handler.threads.shutdown()  # with their connections to the database


@pytest.fixture
def site(transactional_db: None) -> Iterator[str]:
    with serving() as port:
        yield f"http://127.0.0.1:{port}"
