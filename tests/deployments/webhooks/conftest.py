"""A repository with a webhook, and GitHub that delivers to it."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from deployments.models import Application, Delivery, Person, Webhook
from deployments.services import webhooks
from deployments.webhooks.github import signature
from tests.deployments.services.queueing import drain

URL = "/webhooks/github/"
NAME = "Codertocat/Hello-World"
SHA = "6113728f27ae82c7b1a177c8d03f9e96e0adf246"
Deliver = Callable[..., HttpResponse]


@pytest.fixture
def made(hello: Application, dora: Person) -> tuple[Webhook, str]:
    return webhooks.make(hello, dora, NAME)


@pytest.fixture
def webhook(made: tuple[Webhook, str]) -> Webhook:
    return made[0]


@pytest.fixture
def secret(made: tuple[Webhook, str]) -> str:
    return made[1]


@pytest.fixture
def deliver(client: Client, secret: str) -> Deliver:
    """Send as GitHub does, signed with the secret; what is given differs from that."""

    def send(event: str, body: Any, **given: str) -> HttpResponse:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {
            "X-GitHub-Event": event,
            "X-GitHub-Delivery": str(uuid.uuid4()),
            "X-Hub-Signature-256": signature.made(secret, raw),
        }
        headers |= {key.replace("_", "-"): value for key, value in given.items()}
        kind = headers.pop("content-type", "application/json")
        answer: Any = client.post(URL, raw, content_type=kind, headers=headers)
        return answer  # type: ignore[no-any-return]

    return send


def handled() -> Delivery:
    """Let a worker do what waits, and return the one delivery there is."""
    drain("chat")
    return Delivery.objects.get()


def about(**more: Any) -> dict[str, Any]:
    """Return a body about the webhook's repository."""
    return {"repository": {"id": 186853002, "full_name": NAME}, **more}
