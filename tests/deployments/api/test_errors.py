"""Whatever goes wrong, the answer has one shape and says what to do."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connections
from django.test import Client
from pytest_django import Settings

from deployments.api import me
from deployments.api.throttling import PersonRate, TokenWriteRate
from deployments.models import ApiToken, Environment, Person
from deployments.services import tokens
from tests.deployments.api.conftest import MakeScript, Script


def error(answer: Any, status: int) -> dict[str, Any]:
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == "application/json"
    found: dict[str, Any] = answer.json()["error"]
    assert set(found) == {"code", "text", "reasons", "blockers", "lines"}
    assert found["reasons"]
    return found


@pytest.mark.parametrize("method", ["get", "post", "put", "delete"])
def test_where_there_is_nothing_it_says_so(ci: Script, method: str) -> None:
    found = error(getattr(ci.client, method)("/api/moon/"), 404)

    assert found["code"] == "not_found"
    assert "All addresses stand in http://127.0.0.1:8000/api/." in found["text"]


def test_a_forgotten_slash_is_named(ci: Script) -> None:
    for answer in (ci.get("apps"), ci.post("deployments")):
        assert "Addresses end with a slash: /api/" in error(answer, 404)["text"]


def test_that_takes_no_token(db: None) -> None:
    error(Client().get("/api/moon/"), 404)


@pytest.mark.parametrize(("method", "url"), [("delete", "deployments/"), ("options", "apps/"),
                                             ("get", "deployments/1/retry/")])  # fmt: skip
def test_another_method_is_refused(ci: Script, method: str, url: str) -> None:
    answer = getattr(ci.client, method)(f"/api/{url}")

    assert "This address takes: " in error(answer, 405)["text"]
    assert answer["Allow"]


@pytest.mark.parametrize("body", ["{", "[1, 2", '{"app": NaN}', "\xff", "[" * 100_000])
def test_what_is_no_json_is_refused(ci: Script, body: str) -> None:
    answer = ci.client.post("/api/deployments/", body, content_type="application/json")

    assert error(answer, 400)["code"] == "parse_error"


@pytest.mark.parametrize("body", ["[]", "7", "null", '"deploy"'])
def test_what_is_no_object_is_refused(ci: Script, body: str) -> None:
    answer = ci.client.post("/api/deployments/", body, content_type="application/json")

    error(answer, 400)


def test_a_form_is_told_to_send_json(ci: Script) -> None:
    answer = ci.client.post("/api/deployments/", {"app": "hello"})

    assert "application/json" in error(answer, 415)["text"]


def test_a_body_that_is_too_large_is_refused(ci: Script, settings: Settings) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100

    found = error(ci.post("deployments/", {"app": "x" * 200}), 413)

    assert "at most 100 bytes" in found["text"]


def test_no_token_is_told_how_to_give_one(db: None) -> None:
    answer = Client().get("/api/apps/")

    assert "Settings → Tokens" in error(answer, 401)["text"]
    assert answer["WWW-Authenticate"].startswith("Bearer")


def test_a_token_that_ended_is_told_why(ci: Script, alice: Person) -> None:
    tokens.revoke(ci.token, by=alice)

    assert "“ci” was revoked on" in error(ci.get("apps/"), 401)["text"]


@pytest.mark.parametrize(
    "header", ["Bearer", "Bearer  ", "Bearer \xff", "Basic YTpi", "Bearer a b"]
)
def test_an_odd_header_is_no_token(db: None, header: str) -> None:
    error(Client(headers={"Authorization": header}).get("/api/apps/"), 401)


def test_a_nul_in_an_address_is_refused(ci: Script, qa: Environment) -> None:
    for answer in (ci.get("apps/a%00b/"), ci.get("deployments/", q="a\0b")):
        error(answer, 400)


def test_what_nobody_foresaw_is_logged_and_says_nothing_else(
    ci: Script, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fails(*_: object) -> None:
        raise RuntimeError("the secret is sesame")

    monkeypatch.setattr(me, "person_of", fails)
    with caplog.at_level(logging.ERROR):
        answer = ci.get("me/")

    assert "sesame" not in error(answer, 500)["text"]
    assert "sesame" in caplog.text


# ---- Too often ----


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Any:
    cache.clear()
    monkeypatch.setattr(PersonRate, "THROTTLE_RATES", {"user": "4/min"})
    monkeypatch.setattr(TokenWriteRate, "THROTTLE_RATES", {"write": "2/min"})
    yield
    cache.clear()


def test_a_person_asks_so_often_by_all_tokens(slow: None, ci: Script, script: MakeScript) -> None:
    other = script(ci.token.person)
    codes = [which.get("me/").status_code for which in (ci, other, ci, other, ci)]

    assert codes == [200, 200, 200, 200, 429]


def test_whoever_asks_too_often_is_told_how_long_to_wait(slow: None, ci: Script) -> None:
    for _ in range(4):
        ci.get("me/")

    answer = ci.get("me/")

    assert "Too many requests: wait " in error(answer, 429)["text"]
    assert 0 < int(answer["Retry-After"]) <= 60


def test_that_is_said_also_where_more_was_counted_than_is_allowed(
    slow: None, ci: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(4):
        ci.get("me/")
    monkeypatch.setattr(PersonRate, "THROTTLE_RATES", {"user": "1/min"})

    answer = ci.get("me/")

    assert 55 < int(answer["Retry-After"]) <= 60


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_each_counts(throttled: None, slow: None, ci: Script) -> None:
    def ask(_: int) -> int:
        try:
            return int(ci.get("me/").status_code)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as threads:
        codes = list(threads.map(ask, range(24)))

    assert sorted(codes) == [200] * 4 + [429] * 20


def test_a_token_acts_less_often_than_it_reads(slow: None, ci: Script) -> None:
    codes = [ci.post("deployments/").status_code for _ in range(3)]

    assert codes == [400, 400, 429]
    assert ci.get("me/").status_code == 200
    assert ApiToken.objects.count() == 1
