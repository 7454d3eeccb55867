"""Whatever shape a body has, it is taken, kept and read without a fault."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest

from deployments.models import Delivery, Environment, Webhook
from deployments.webhooks.github.events import ASKING, EVENTS
from tests.deployments.services.queueing import drain
from tests.deployments.webhooks.conftest import NAME, Deliver
from tests.deployments.webhooks.github.examples import examples

pytestmark = pytest.mark.django_db

ACTS = sorted({*EVENTS, *ASKING})
GONE = object()
ODD: list[Any] = [
    GONE, None, True, 0, -1, 2**70, 1e308, "", "\ud800", "\x00", "x" * 3000, "é" * 300, [], [[]],
    {}, {"id": {}}, [None], "2026-13-45T99:99:99Z", "null", '{"a": 1',
]  # fmt: skip
EACH = 40  # mutations of each example
Path = tuple[Any, ...]


def paths(node: Any, before: Path = ()) -> Iterator[Path]:
    inside = node.items() if isinstance(node, dict) else enumerate(node)
    for key, value in inside:
        yield (*before, key)
        if isinstance(value, dict | list):
            yield from paths(value, (*before, key))


def mutated(body: Any, path: Path, value: Any) -> Any:
    made = copy.deepcopy(body)
    *way, last = path
    node = made
    for key in way:
        node = node[key]
    if value is GONE:
        del node[last]
    else:
        node[last] = value
    return made


def settled(event: str) -> None:
    """Let a worker do them; each is done with, and none failed."""
    while Delivery.objects.filter(state="waiting").exists():
        drain("chat")
    failed = Delivery.objects.filter(state="failed")
    assert not failed.exists(), (event, [bytes(one.body)[:500] for one in failed])


@pytest.mark.parametrize("event", ACTS)
def test_a_part_that_is_missing_or_odd_is_no_fault(
    deliver: Deliver, webhook: Webhook, event: str
) -> None:
    chance = random.Random(event)
    known = [body for name, body in examples() if name == event] or [{"action": "removed"}]
    for body in known:
        body["repository"] = {"id": 186853002, "full_name": NAME}
        every = [path for path in paths(body) if path[0] != "repository"]
        for _ in range(EACH):
            made = mutated(body, chance.choice(every), chance.choice(ODD))
            assert deliver(event, made).status_code == 202

    settled(event)


@pytest.mark.parametrize("event", ACTS)
def test_a_body_of_another_kind_is_no_fault(deliver: Deliver, webhook: Webhook, event: str) -> None:
    form = "application/x-www-form-urlencoded"
    about = {"repository": {"full_name": NAME}}
    for raw in (b"", b"null", b"[]", b"7", b'"x"', b"\xff\xfe", b"{" * 5000, b'{"a":' * 9000,
                b"\xef\xbb\xbf{}", b'{"deployment": ' + b"9" * 5000 + b"}"):  # fmt: skip
        assert deliver(event, raw).status_code in (200, 202)
    for text in (json.dumps(about), "", "{"):
        raw = urlencode({"payload": text}).encode()
        assert deliver(event, raw, content_type=form).status_code in (200, 202)

    settled(event)


def test_every_example_whose_payload_is_text_is_read(deliver: Deliver, webhook: Webhook) -> None:
    for event, body in examples():
        if "deployment" in body:
            body["repository"] = {"id": 186853002, "full_name": NAME}
            for payload in ('{"name": "hello"}', "", "deploy", "[1]", '{"hosts": 7}', None, 7):
                body["deployment"]["payload"] = payload
                assert deliver(event, body).status_code == 202

    settled("deployment")


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+23:00", "9999-12-31T23:59:59-23:00"])
def test_a_moment_that_no_calendar_has_is_no_fault(
    deliver: Deliver, webhook: Webhook, production: Environment, moment: str
) -> None:
    about = {"repository": {"id": 186853002, "full_name": NAME}}
    for event in ("deployment", "status", "check_run", "pull_request"):
        body = next(body for name, body in examples() if name == event)
        inside = body if event == "status" else body[event]
        inside |= {"created_at": moment, "updated_at": moment, "completed_at": moment}
        deliver(event, {**body, **about})

    settled("each")
