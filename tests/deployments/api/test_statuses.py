"""Checks report over the API, in GitHub's words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from deployments.models import CommitStatus, Environment, Person
from deployments.models import Repository as RepositoryRow
from deployments.services import tokens
from tests.deployments import build

SHA = "a" * 40
URL = "/api/repositories/acme/hello/statuses/"
PASSED = {"state": "success", "context": "ci/test", "sha": SHA}

Ask = Callable[..., Any]


@pytest.fixture
def ask(alice: Person, qa: Environment) -> Ask:
    """Ask with a token of alice's, or of somebody else."""

    def ask(body: object = None, url: str = URL, by: Person = alice) -> Any:
        token = tokens.make(by, "ci", by=build.maker())[1]
        client = Client(headers={"Authorization": f"Bearer {token}"})
        if body is None:
            return client.get(url)
        return client.post(url, body, content_type="application/json")

    return ask


def test_a_check_reports_and_is_kept(ask: Ask, alice: Person) -> None:
    answer = ask({**PASSED, "description": "80 passed", "target_url": "https://ci.example/7"})

    assert answer.status_code == 201
    kept = CommitStatus.objects.get()
    assert (kept.context, kept.state, kept.person) == ("ci/test", "success", alice)
    assert answer.json()["target_url"] == "https://ci.example/7"


def test_the_commit_may_stand_in_the_address_as_on_github(ask: Ask) -> None:
    assert ask({"state": "pending"}, f"{URL}{SHA}/").status_code == 201

    assert CommitStatus.objects.get().context == "default"


def test_all_checks_of_a_commit_are_told_with_one_state(ask: Ask) -> None:
    ask(PASSED)
    ask({**PASSED, "context": "lint", "state": "pending"})

    told = ask(url=f"/api/repositories/acme/hello/commits/{SHA}/status/").json()
    assert (told["state"], told["total_count"]) == ("pending", 2)
    assert [one["context"] for one in told["statuses"]] == ["ci/test", "lint"]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"state": "fine"}, "state"),
        ({"sha": "main"}, "sha: "),
        ({"sha": ""}, "sha"),
        ({"target_url": "javascript:alert(1)"}, "target_url"),
        ({"target_url": "ftp://x.example"}, "http"),
        ({"context": "x" * 256}, "context"),
        ({"description": "x" * 141}, "description"),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(
    ask: Ask, wrong: dict[str, str], said: str
) -> None:
    answer = ask({**PASSED, **wrong})

    assert answer.status_code == 400
    assert said in answer.json()["error"]["text"]
    assert not CommitStatus.objects.exists()


@pytest.mark.parametrize("url", ["http://jenkins:8080/job/7/", "https://ci.example/?a=b#c"])
def test_an_address_may_be_one_that_only_the_network_knows(ask: Ask, url: str) -> None:
    assert ask({**PASSED, "target_url": url}).json()["target_url"] == url


def test_a_commit_may_be_written_in_large_letters(ask: Ask) -> None:
    assert ask({**PASSED, "sha": SHA.upper()}).json()["sha"] == SHA


def test_two_commits_at_once_are_refused(ask: Ask) -> None:
    assert ask(PASSED, f"{URL}{'b' * 40}/").status_code == 400


def test_it_takes_a_token(qa: Environment) -> None:
    assert Client().post(URL, PASSED, content_type="application/json").status_code == 401


def test_who_may_only_look_reports_nothing(ask: Ask, bob: Person) -> None:
    answer = ask(PASSED, by=bob)

    assert answer.status_code == 403
    assert "Bob may not report checks of" in answer.json()["error"]["text"]


def test_an_unknown_repository_is_not_found(ask: Ask) -> None:
    answer = ask(PASSED, "/api/repositories/acme/moon/statuses/")

    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "not_found"


def test_a_repository_may_be_named_by_its_number(ask: Ask, qa: Environment) -> None:
    number = qa.application.repository_id

    assert ask(PASSED, f"/api/repositories/{number}/statuses/").status_code == 201


def test_one_that_shares_its_name_must_be(ask: Ask, qa: Environment) -> None:
    twin = RepositoryRow.objects.create(location="/srv/twin", name="acme/hello")
    qa.application.pk = None
    qa.application.name, qa.application.repository = "twin", twin
    qa.application.save()

    answer = ask(PASSED)
    assert answer.status_code == 400
    assert "by its number" in answer.json()["error"]["text"]
