"""Lines by POST /api/chat/commands/, as the token's person and nobody else."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from bots.models import Question
from deployments.api.throttling import PersonRate
from deployments.models import Application, Deployment, Environment, Person
from deployments.services import tokens
from deployments.services.moves import move
from tests.bots.talking import the_deployment
from tests.deployments import build
from tests.deployments.api.conftest import Script
from tests.servers.repositories import Repository

URL = "/api/chat/commands/"

Post = Callable[..., Any]


@pytest.fixture
def post(alice: Person, hello: Application) -> Post:
    """Say a line with a token of alice's."""
    token = tokens.make(alice, "script", by=alice)[1]

    def say(text: Any, token: str = token, **headers: str) -> Any:
        headers = {"Authorization": f"Bearer {token}", **headers}
        body = {"text": text}
        return Client().post(URL, body, content_type="application/json", headers=headers)

    return say


def error(answer: Any) -> dict[str, Any]:
    found: dict[str, Any] = answer.json()["error"]
    assert set(found) == {"code", "text", "reasons", "blockers", "lines"}
    return found


def test_a_deploy_is_done_as_the_tokens_person(post: Post, alice: Person) -> None:
    answer = post("deploy hello to qa")

    assert answer.status_code == 200
    assert (the_deployment().person, the_deployment().via) == (alice, "api")
    said = answer.json()
    url = f"http://127.0.0.1:8000/deployments/{the_deployment().pk}/"
    assert url in said["answer"]
    assert said["message"]["url"] == url


def test_the_same_idempotency_key_counts_once(post: Post) -> None:
    post("deploy hello to qa", **{"Idempotency-Key": "one"})
    again = post("deploy hello to qa", **{"Idempotency-Key": "one"})

    assert again.status_code == 200
    assert Deployment.objects.count() == 1


def test_a_key_is_a_persons_own(post: Post, dora: Person) -> None:
    other = tokens.make(dora, "script", by=dora)[1]
    post("deploy hello to qa", **{"Idempotency-Key": "one"})
    post("deploy hello to qa", other, **{"Idempotency-Key": "one"})

    assert Deployment.objects.count() == 2


def test_a_key_that_is_too_long_is_refused(post: Post) -> None:
    answer = post("status", **{"Idempotency-Key": "x" * 81})

    assert answer.status_code == 400
    assert "at most 80 characters" in error(answer)["text"]


def test_a_refusal_lists_its_reasons(post: Post, dora: Person) -> None:
    dora.roles.update(name="deployer")
    token = tokens.make(dora, "script", by=dora)[1]
    dora.roles.update(name="viewer")

    answer = post("deploy hello to qa", token)

    assert answer.status_code == 409
    assert error(answer)["code"] == "refused"
    assert "Dora may not deploy to hello/qa" in error(answer)["reasons"][0]


def test_a_repository_that_is_away_is_among_the_reasons(
    post: Post, qa: Environment, repository: Repository
) -> None:
    qa.ssh_key.delete()
    repository.path.rename(repository.path.with_name("away.git"))

    key, gone = error(post("deploy hello to qa"))["reasons"]

    assert "no SSH key" in key and "There is no folder" in gone


@pytest.mark.parametrize("text", ["deploy hello to prodution now", "zebra"])
def test_what_is_not_understood_is_an_error(post: Post, text: str) -> None:
    answer = post(text)

    assert answer.status_code == 409
    assert error(answer)["code"] == "not_understood"


def test_the_lines_that_were_meant_are_offered(post: Post) -> None:
    found = error(post("deploy hello to qa wen green"))

    assert found["lines"] == ["deploy hello to qa when green"]


def test_a_question_is_accepted_and_waits_for_a_yes(post: Post) -> None:
    answer = post("deploy hello")

    assert answer.status_code == 202
    assert not Deployment.objects.exists()
    assert post("yes").status_code == 200
    assert the_deployment().environment.name == "production"


# ---- A line that is sent again, because its answer was lost ----

AGAIN = {"Idempotency-Key": "again"}


def succeeds(deployment: Deployment) -> None:
    """Let a deployment be what runs, as its worker does."""
    assert move(deployment, "in_progress") and move(deployment, "success")
    deployment.environment.placements.update(current=deployment)


def made_before(answer: Any, deployment: Deployment) -> bool:
    found: str = answer.json()["message"]["url"]
    return answer.status_code == 200 and found.endswith(f"/deployments/{deployment.pk}/")


def test_a_yes_that_is_sent_again_is_answered_with_what_it_made(
    post: Post, production: Environment, alice: Person
) -> None:
    for letter in "ab":
        build.live(production, alice, letter * 40)
    post("rollback hello in production")
    post("yes", **AGAIN)
    succeeds(the_deployment())

    assert made_before(post("yes", **AGAIN), the_deployment())
    assert Deployment.objects.filter(kind="rollback").count() == 1


def test_also_when_the_two_minutes_are_over_or_something_else_was_asked(
    post: Post, hello: Application
) -> None:
    post("deploy hello")
    post("yes", **AGAIN)
    Question.objects.update(asked_at=timezone.now() - timedelta(minutes=9))
    assert made_before(post("yes", **AGAIN), the_deployment())

    post("deploy hello/v2")
    assert made_before(post("yes", **AGAIN), the_deployment())
    assert Deployment.objects.count() == 1


def test_a_retry_that_is_sent_again_is_not_over_something_newer(
    post: Post, qa: Environment, alice: Person
) -> None:
    failed = build.deployment(qa, alice, "a" * 40, status="failure")
    post(f"retry #{failed.pk}", **AGAIN)
    succeeds(the_deployment())

    assert made_before(post(f"retry #{failed.pk}", **AGAIN), the_deployment())


def test_a_line_that_only_asks_is_answered_whatever_its_key_made(post: Post) -> None:
    post("deploy hello to qa", **AGAIN)

    assert "What runs where" in post("status", **AGAIN).json()["answer"]


@pytest.mark.parametrize("body", ["", None, 7, ["deploy"], "x" * 10_001])
def test_a_body_without_a_line_is_refused(post: Post, body: Any) -> None:
    answer = post(body)

    assert answer.status_code == 400
    assert error(answer)["code"] == "invalid"
    assert error(answer)["text"].startswith("text: ")


def test_what_is_no_json_is_refused(post: Post, alice: Person) -> None:
    token = tokens.make(alice, "other", by=alice)[1]
    headers = {"Authorization": f"Bearer {token}"}

    answer = Client().post(URL, "{", content_type="application/json", headers=headers)

    assert answer.status_code == 400
    assert error(answer)["code"] == "parse_error"


def test_without_a_token_nobody_is_let_in(db: None) -> None:
    answer = Client().post(URL, {"text": "status"}, content_type="application/json")

    assert answer.status_code == 401
    assert answer["WWW-Authenticate"].startswith("Bearer")
    assert error(answer)["code"] == "not_authenticated"


def test_a_session_is_no_token(as_alice: Client) -> None:
    answer = as_alice.post(URL, {"text": "status"}, content_type="application/json")

    assert answer.status_code == 401


def test_a_made_up_token_is_refused(post: Post) -> None:
    assert post("status", "ship_nothing").status_code == 401


def test_the_token_of_somebody_switched_off_is_refused(post: Post, alice: Person) -> None:
    alice.is_active = False
    alice.save(update_fields=["is_active"])

    assert post("status").status_code == 401


def test_too_many_calls_are_held_back(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    cache.clear()
    monkeypatch.setattr(PersonRate, "THROTTLE_RATES", {"user": "2/min"})
    codes = [post("status").status_code for _ in range(3)]
    cache.clear()

    assert codes == [200, 200, 429]


def test_another_way_of_asking_is_refused(post: Post, alice: Person) -> None:
    token = tokens.make(alice, "other", by=alice)[1]

    answer = Client().get(URL, headers={"Authorization": f"Bearer {token}"})

    assert answer.status_code == 405
    assert error(answer)["code"] == "method_not_allowed"


def test_a_key_that_was_sent_with_another_line_is_refused(alice: Person, qa: Environment) -> None:
    script = Script(alice)
    script.post("chat/commands/", {"text": "deploy hello to qa"}, key="build-7")

    answer = script.post("chat/commands/", {"text": "deploy hello/v2 to qa"}, key="build-7")

    assert answer.status_code == 409
    assert "sent with another request" in answer.json()["error"]["reasons"][0]
    assert Deployment.objects.count() == 1
