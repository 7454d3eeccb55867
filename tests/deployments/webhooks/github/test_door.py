"""What is signed is kept and answered at once; what is not leaves nothing behind."""

from __future__ import annotations

import json
import logging
from io import BytesIO
from typing import Any
from urllib.parse import urlencode

import pytest
from django.core.handlers.asgi import ASGIRequest
from django.db import IntegrityError, InterfaceError, OperationalError, connection
from django.test import Client
from pytest_django import Settings

from deployments.models import Delivery, Webhook
from deployments.services import deliveries, webhooks
from deployments.webhooks.flood import Refusals
from deployments.webhooks.github import door, signature
from tests.deployments import build
from tests.deployments.services.queueing import bells
from tests.deployments.webhooks.conftest import NAME, URL, Deliver, about, handled
from tests.deployments.webhooks.github.examples import example, examples

pytestmark = pytest.mark.django_db

HEED = "deployments.tasks.heed"


@pytest.fixture(autouse=True)
def nothing_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "refusals", Refusals())


def said(answer: Any) -> str:
    return str(json.loads(answer.content)["message"])


def test_what_is_signed_is_kept_with_its_bell(deliver: Deliver) -> None:
    body = example("push")

    answer = deliver("push", body, X_GitHub_Delivery="one", X_GitHub_Hook_ID="77")

    kept = Delivery.objects.get()
    assert answer.status_code == 202
    assert (kept.guid, kept.event, kept.state) == ("one", "push", "waiting")
    assert json.loads(bytes(kept.body)) == body
    assert bells("chat") == [(HEED, (kept.pk,))]


def test_the_same_id_counts_once(deliver: Deliver) -> None:
    deliver("push", about(ref="first"), X_GitHub_Delivery="one")

    answer = deliver("push", about(ref="second"), X_GitHub_Delivery="one")

    assert (answer.status_code, said(answer)) == (200, "Kept before. It still waits to be handled.")
    assert json.loads(bytes(Delivery.objects.get().body))["ref"] == "first"
    assert len(bells("chat")) == 1


def test_a_form_is_taken_too(deliver: Deliver) -> None:
    raw = urlencode({"payload": json.dumps(example("create"))}).encode()

    answer = deliver("create", raw, content_type="application/x-www-form-urlencoded")

    assert answer.status_code == 202
    assert bytes(Delivery.objects.get().body) == raw


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ("", 401),
        ("sha1=7d38cdd689735b008b3c702edd92eea23791c5f6", 401),
        ("sha256=short", 401),
        ("sha256=" + "0" * 64, 403),
    ],
)
def test_what_is_not_rightly_signed_leaves_nothing(
    deliver: Deliver, given: str, status: int
) -> None:
    answer = deliver("push", about(), X_Hub_Signature_256=given)

    assert answer.status_code == status
    assert said(answer).endswith(".")
    assert not Delivery.objects.exists()
    assert bells("chat") == []


def test_a_body_that_was_changed_or_cut_is_forged(deliver: Deliver, secret: str) -> None:
    raw = json.dumps(about()).encode()
    right = signature.made(secret, raw)

    assert deliver("push", raw[:-1], X_Hub_Signature_256=right).status_code == 403
    assert deliver("push", raw + b" ", X_Hub_Signature_256=right).status_code == 403
    assert not Delivery.objects.exists()


def test_a_secret_covers_its_own_repository_alone(deliver: Deliver) -> None:
    answer = deliver("push", {"repository": {"id": 1, "full_name": "acme/other"}})

    assert answer.status_code == 403
    assert NAME in said(answer)
    assert not Delivery.objects.exists()


@pytest.mark.parametrize(
    ("told", "status"),
    [
        ({}, 202),
        ({"id": None, "full_name": None}, 202),
        ({"name": "Hello-World", "owner": {"name": "Codertocat"}}, 202),
        ({"name": "Hello-World", "owner": {"login": "codertocat"}}, 202),
        ({"name": "Hello-World", "owner": {"name": "somebody"}}, 403),
        ({"name": "Hello-World"}, 403),
        ({"id": 1}, 403),
    ],
)
def test_a_repository_of_an_old_or_odd_shape_is_known_by_what_it_tells(
    deliver: Deliver, told: dict[str, Any], status: int
) -> None:
    assert deliver("push", {"repository": told}).status_code == status


@pytest.mark.parametrize("away", [OperationalError, InterfaceError, IntegrityError])
def test_a_database_that_is_away_is_said_and_is_no_fault(
    deliver: Deliver, monkeypatch: pytest.MonkeyPatch, away: type[Exception]
) -> None:
    def broken(*_: object) -> None:
        raise away("password=hunter2")

    monkeypatch.setattr(deliveries, "_keep", broken)

    answer = deliver("push", about())

    assert answer.status_code == 503
    assert "GitHub can deliver it again" in said(answer)
    assert "hunter2" not in answer.content.decode()


def test_another_webhooks_secret_is_that_ones(
    deliver: Deliver, webhook: Webhook, root: Any, tmp_path: Any
) -> None:
    other = build.application("other", tmp_path / "other.git")
    _, secret = webhooks.make(other, root, "acme/other")
    raw = json.dumps(about()).encode()

    answer = deliver("push", raw, X_Hub_Signature_256=signature.made(secret, raw))

    assert answer.status_code == 403
    assert "acme/other" in said(answer)


def test_a_renamed_repository_is_known_by_its_number(deliver: Deliver, webhook: Webhook) -> None:
    deliver("ping", about(zen="ok"))

    answer = deliver("push", {"repository": {"id": 186853002, "full_name": "Codertocat/New"}})

    assert answer.status_code == 202


@pytest.fixture
def many(root: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make webhooks that come before all others, and let a moment be short."""
    for number in range(door.FEWEST):
        name = f"other-{number}"
        webhooks.make(build.application(name, tmp_path / name), root, f"acme/{name}")
    monkeypatch.setattr(door, "MOST_HASHED", 1)


def test_a_long_body_is_not_held_against_every_secret_there_is(
    many: None, deliver: Deliver
) -> None:
    assert deliver("push", about(ref="x")).status_code == 403


def test_the_webhook_that_github_calls_by_its_id_is_always_tried(
    many: None, deliver: Deliver
) -> None:
    Webhook.objects.filter(full_name=NAME).update(hook_id="77")

    assert deliver("push", about(ref="x"), X_GitHub_Hook_ID="77").status_code == 202


def test_a_huge_body_is_refused(deliver: Deliver, settings: Settings) -> None:
    settings.SHIPMATE_WEBHOOK_MAX_MB = 1

    assert deliver("push", b"x" * 1_000_001).status_code == 413
    assert not Delivery.objects.exists()


def test_a_long_body_is_kept(deliver: Deliver) -> None:
    assert deliver("push", about(filling="x" * 3_000_000)).status_code == 202


@pytest.mark.parametrize(
    "raw",
    [
        b"", b"null", b"[]", b"no JSON", b"\xff\xfe\x00", b"[" * 100_000, b"9" * 5_000,
        b'{"repository": 7}', b'{"action": ["odd"], "repository": null}', b"\xef\xbb\xbf{}",
        b'{"action": "\\ud800\\u0000", "repository": {"full_name": "codertocat/HELLO-world"}}',
    ],
)  # fmt: skip
def test_whatever_is_signed_is_kept(deliver: Deliver, raw: bytes) -> None:
    assert deliver("odd", raw).status_code == 202
    assert bytes(Delivery.objects.get().body) == raw


@pytest.mark.parametrize("guid", ["", "é" * 5, "x" * 500])
def test_an_odd_id_is_kept_once(deliver: Deliver, guid: str) -> None:
    deliver("", about(), X_GitHub_Delivery=guid)
    deliver("", about(), X_GitHub_Delivery=guid)

    assert Delivery.objects.count() == 1


def test_every_example_of_githubs_is_kept(deliver: Deliver, webhook: Webhook) -> None:
    for event, body in examples():
        name = body.get("repository", {}).get("full_name", NAME)
        Webhook.objects.filter(pk=webhook.pk).update(full_name=name, forge_id=None)

        assert deliver(event, body).status_code == 202, event

    assert Delivery.objects.count() == len(examples()) > 100


def test_headers_are_kept_without_secrets(deliver: Deliver) -> None:
    deliver("push", about(), Authorization="Bearer hunter2", Cookie="a=hunter2", X_Fine="fine")

    kept = Delivery.objects.get().headers
    assert kept["X-Fine"] == "fine"
    assert "hunter2" not in json.dumps(kept)


def test_however_many_headers_proxies_add_a_form_is_read(secret: str) -> None:
    raw = urlencode({"payload": json.dumps(about(ref="refs/heads/main"))}).encode()
    added = [(b"x-%d" % number, b"x") for number in range(door.MOST_HEADERS)]
    sent = {
        b"x-github-event": b"push",
        b"x-hub-signature-256": signature.made(secret, raw).encode(),
        b"content-type": b"application/x-www-form-urlencoded",
    }
    scope = {"method": "POST", "path": URL, "headers": [*added, *sent.items()]}

    door.receive(ASGIRequest(scope, BytesIO(raw)))

    assert handled().state == "handled"


def test_it_notes_that_github_was_heard(deliver: Deliver, webhook: Webhook) -> None:
    deliver("push", about(), X_GitHub_Hook_ID="77")

    webhook.refresh_from_db()
    assert webhook.heard_at is not None
    assert (webhook.forge_id, webhook.hook_id) == (186853002, "77")


def test_of_the_first_two_at_once_neither_is_taken_for_forged(
    deliver: Deliver, webhook: Webhook
) -> None:
    """The one teaches what GitHub calls the webhook while the other is looked for by that."""
    taught = list[str]()

    def teach(execute: Any, sql: str, *rest: Any) -> Any:
        found = execute(sql, *rest)
        if "hook_id" in sql and not taught:
            taught.append(sql)
            webhooks.note_contact(webhook, None, "77")
        return found

    with connection.execute_wrapper(teach):
        answer = deliver("push", about(), X_GitHub_Hook_ID="77")

    assert (answer.status_code, len(taught)) == (202, 1)


def test_only_post_is_taken(client: Client, db: None) -> None:
    answer = client.get(URL)

    assert (answer.status_code, answer["Allow"]) == (405, "POST")


def test_refusals_are_logged_once_a_minute(
    deliver: Deliver, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, "deployments.webhooks.flood"):
        for _ in range(20):
            deliver("push", about(), X_Hub_Signature_256="sha256=" + "0" * 64)

    assert len(caplog.messages) == 1
    assert door.refusals.count == 19


def test_a_secret_whose_key_is_gone_keeps_nobody_out(
    deliver: Deliver, tmp_path: Any, root: Any
) -> None:
    other, _ = webhooks.make(build.application("other", tmp_path / "o.git"), root, "acme/other")
    Webhook.objects.filter(pk=other.pk).update(secret_encrypted=b"of another key", hook_id="77")

    assert deliver("push", about(), X_GitHub_Hook_ID="77").status_code == 202
