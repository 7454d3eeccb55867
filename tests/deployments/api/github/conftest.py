"""A client of GitHub's API that is pointed at Shipmate, and GitHub's description of its answers."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

import pytest
import uvicorn
from django.test import Client
from jsonschema import Draft202012Validator

from chatops.bounded import Bounded
from chatops.handler import Handler
from deployments.api.github.addresses import Discreet
from deployments.models import Application, Person
from deployments.services import tokens
from tests.deployments import build
from tests.deployments.api.github.trim import KEPT

WEB = "repos/acme/hello"
MakeCaller = Callable[..., "Caller"]


@cache
def described() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(KEPT.read_text())
    return found


def faults(shape: dict[str, Any], answer: Any) -> list[str]:
    """Return how an answer differs from GitHub's description."""
    whole = {**shape, "components": described()["components"]}
    found = Draft202012Validator(whole).iter_errors(answer)
    return [f"{error.json_path}: {error.message}" for error in found]


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
            shape = {"$ref": "#/components/schemas/basic-error"}
            if answer.status_code == 422:
                shape = {"$ref": "#/components/schemas/validation-error"}
            assert faults(shape, answer.json()) == []
            assert answer.json()["message"]
        elif operation:
            shape = described()["answers"][operation][str(answer.status_code)]
            assert faults(shape, answer.json()) == []


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
