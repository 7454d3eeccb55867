"""Bodies at the door of the server: in chunks, too large, or both."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from asgiref.testing import ApplicationCommunicator

from chatops.asgi import application
from deployments.models import Deployment, Environment, Person
from deployments.services import tokens
from tests.deployments import build

pytestmark = pytest.mark.django_db(transaction=True)


def ask(path: str, *chunks: bytes, **headers: str) -> tuple[int, Any]:
    """Send a body in these chunks, and return the status and what is answered."""

    async def asked() -> tuple[int, Any]:
        scope = {
            "type": "http", "http_version": "1.1", "method": "POST", "path": path,
            "query_string": b"", "scheme": "http", "server": ("127.0.0.1", 80),
            "headers": [(name.replace("_", "-").encode(), value.encode())
                        for name, value in {"host": "127.0.0.1", **headers}.items()],
        }  # fmt: skip
        spoken: Any = ApplicationCommunicator(application, scope)  # type: ignore[no-untyped-call]
        for place, chunk in enumerate(chunks, 1):
            more = place < len(chunks)
            await spoken.send_input({"type": "http.request", "body": chunk, "more_body": more})
        start = await spoken.receive_output(10)
        body = await spoken.receive_output(10)
        return start["status"], body["body"].decode()

    found: tuple[int, Any] = async_to_sync(asked)()
    return found


@pytest.fixture
def alice() -> Person:
    return build.person("alice")


@pytest.fixture
def qa(tmp_path: Path) -> Environment:
    app = build.application("hello", build.repository(tmp_path).path)
    return build.environment(app, "qa")


@pytest.fixture
def chunked(alice: Person) -> dict[str, str]:
    text = tokens.make(alice, "ci", by=alice)[1]
    return {"transfer_encoding": "chunked", "content_type": "application/json",
            "authorization": f"Bearer {text}"}  # fmt: skip


def test_what_is_sent_in_chunks_is_read(
    chunked: dict[str, str], qa: Environment, alice: Person
) -> None:
    oldest, *_ = (build.live(qa, alice, letter * 40) for letter in "abc")
    sent = json.dumps({"to": oldest.pk}).encode()

    status, _ = ask("/api/apps/hello/environments/qa/rollback/", sent[:3], sent[3:], **chunked)

    assert status == 201
    assert Deployment.objects.latest("pk").parent == oldest


def test_what_is_too_large_is_refused_before_it_is_read(chunked: dict[str, str]) -> None:
    large = {**chunked, "content_length": "9000000000"}

    status, said = ask("/api/deployments/", b"{", **large)

    assert (status, json.loads(said)["error"]["code"]) == (413, "too_large")


def test_nor_is_it_read_to_its_end_if_nobody_says_how_long_it_is(chunked: dict[str, str]) -> None:
    status, said = ask("/api/deployments/", *[b"x" * 400_000] * 4, **chunked)

    assert (status, json.loads(said)["error"]["code"]) == (413, "too_large")


def test_a_page_says_it_in_words() -> None:
    status, said = ask("/accounts/login/", b"x", content_length="9000000")

    assert (status, said) == (413, "A body has at most 1000000 bytes.")


def test_what_forges_tell_may_be_longer() -> None:
    status, said = ask("/webhooks/github/", b"x" * 1_500_000, content_length="1500000")

    assert (status, "not signed" in said) == (401, True)


def test_but_not_without_end() -> None:
    said = ask("/webhooks/github/", b"", content_length="25000001")

    assert said == (413, "A body has at most 25000000 bytes.")
