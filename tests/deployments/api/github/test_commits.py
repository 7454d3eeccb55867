"""Checks report and are read at GitHub's addresses."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from deployments.models import CommitStatus, Person
from tests.deployments.api.github.conftest import WEB, Caller, MakeCaller
from tests.servers.repositories import Repository

SHA = "a" * 40
REPORT = "/repos/{owner}/{repo}/statuses/{sha}"
COMBINED = "/repos/{owner}/{repo}/commits/{ref}/status"
LISTED = f"{COMBINED}es"
URL = f"{WEB}/statuses/{SHA}"


def test_a_check_reports(bot: Caller, alice: Person) -> None:
    sent = {"state": "success", "context": "ci/test", "target_url": None, "colour": "green"}

    answer = bot.post(URL, sent, REPORT)

    kept = CommitStatus.objects.get()
    assert answer.status_code == 201
    assert (kept.state, kept.context, kept.person) == ("success", "ci/test", alice)
    assert answer.json()["creator"]["login"] == "alice"


@pytest.mark.parametrize(
    ("url", "sent", "said"),
    [
        (URL, {"state": "green"}, "state: "),
        (URL, {"state": "success", "target_url": "javascript:x"}, "target_url: Write an address"),
        (f"{WEB}/statuses/main", {"state": "success"}, "No commit found for SHA: main"),
    ],
)
def test_what_makes_no_sense_is_refused(
    bot: Caller, url: str, sent: dict[str, Any], said: str
) -> None:
    answer = bot.post(url, sent)

    assert answer.status_code == 422
    assert said in answer.json()["message"]


def test_all_checks_have_one_state(bot: Caller) -> None:
    bot.post(URL, {"state": "success", "context": "ci"}, REPORT)
    bot.post(URL, {"state": "pending", "context": "lint"}, REPORT)

    told = bot.get(f"{WEB}/commits/{SHA}/status", COMBINED).json()

    assert (told["state"], told["total_count"], told["sha"]) == ("pending", 2, SHA)
    assert told["repository"]["full_name"] == "acme/hello"


def test_many_checks_come_in_pages_and_have_one_state_all_the_same(bot: Caller) -> None:
    for number in range(3):
        bot.post(URL, {"state": "success" if number else "failure", "context": f"ci/{number}"})

    pages = [
        bot.get(f"{WEB}/commits/{SHA}/status?per_page=2&page={number}", COMBINED)
        for number in (1, 2, 3)
    ]

    told = [page.json() for page in pages]
    assert [one["state"] for one in told] == ["failure"] * 3
    assert [one["total_count"] for one in told] == [3] * 3
    assert [len(one["statuses"]) for one in told] == [2, 1, 0]
    assert len({status["context"] for one in told for status in one["statuses"]}) == 3
    assert f'{SHA}/status?per_page=2&page=2>; rel="next"' in pages[0]["Link"]


FIELDS = ["state", "target_url", "description", "context"]
WRONG = [
    "7",
    "true",
    "[]",
    "{}",
    '["x"]',
    '{"a": 1}',
    '"\\ud800"',
    '"a\\u0000b"',
    '"' + "x" * 600 + '"',
]


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("wrong", WRONG)
def test_nothing_odd_in_a_field_is_an_error_of_ours(bot: Caller, field: str, wrong: str) -> None:
    others = "".join(f'"{name}": "success", ' for name in ("state",) if name != field)

    answer = bot.post(URL, f'{{{others}"{field}": {wrong}}}')

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == field
    assert not CommitStatus.objects.exists()


def test_a_branch_may_be_named(bot: Caller, repository: Repository) -> None:
    sha = repository.git("rev-parse", "main").strip()
    repository.git("branch", "feature/x", "main")
    bot.post(f"{WEB}/statuses/{sha}", {"state": "failure"}, REPORT)

    for ref in ("main", "feature/x", sha[:12], "refs/heads/main"):
        told = bot.get(f"{WEB}/commits/{ref}/status", COMBINED).json()
        assert (told["sha"], told["state"]) == (sha, "failure")


def test_a_ref_may_be_written_as_github_describes_it(bot: Caller, repository: Repository) -> None:
    sha = repository.git("rev-parse", "main").strip()
    repository.git("branch", "v1", "main~0")
    repository.commit({"a": "newer"}, "Go on")
    repository.git("tag", "v1", "main")

    told = [bot.get(f"{WEB}/commits/{ref}/status").json()["sha"] for ref in ("heads/v1", "tags/v1")]

    assert told == [sha, bot.get(f"{WEB}/commits/HEAD").json()["sha"]]
    assert sha != told[1]


def test_a_commit_is_read(bot: Caller, repository: Repository) -> None:
    first = repository.git("rev-list", "--max-parents=0", "main").strip()
    sha = repository.commit({"a": "b"}, "Say hello\n\nTwice, even.")

    told = bot.get(f"{WEB}/commits/main", "/repos/{owner}/{repo}/commits/{ref}").json()

    assert (told["sha"], told["commit"]["message"]) == (sha, "Say hello\n\nTwice, even.")
    assert told["commit"]["tree"]["sha"] == repository.git("rev-parse", "main^{tree}").strip()
    assert len(told["parents"]) == 1
    assert bot.get(f"{WEB}/commits/{first}").json()["parents"] == []


@pytest.mark.parametrize("kind", ["sha", "v3.sha", "v3.sha+json"])
def test_its_id_alone_is_read_by_who_wants_no_more(
    bot: Caller, repository: Repository, kind: str
) -> None:
    """So go-github asks what a branch means."""
    accepted = {"Accept": f"application/vnd.github.{kind}"}
    client = Client(headers={"Authorization": f"token {bot.text}", **accepted})

    answer = client.get(f"/api/v3/{WEB}/commits/main")

    assert answer.content.decode() == repository.git("rev-parse", "main").strip()
    assert answer["Content-Type"] == "application/vnd.github.sha; charset=utf-8"
    known = f'"{answer.content.decode()}"'  # it is its own tag
    again = client.get(f"/api/v3/{WEB}/commits/main", headers={"If-None-Match": known})
    assert again.status_code == 304
    assert client.get(f"/api/v3/{WEB}/commits/moon").json()["status"] == "422"


def test_a_commit_tells_what_it_changed(bot: Caller, repository: Repository) -> None:
    repository.commit({"new.py": "one\ntwo\n"}, "Add a file")

    told = bot.get(f"{WEB}/commits/main", "/repos/{owner}/{repo}/commits/{ref}").json()

    (file,) = told["files"]
    assert (file["filename"], file["status"], file["additions"]) == ("new.py", "added", 2)
    assert "+two" in file["patch"]
    assert told["stats"] == {"additions": 2, "deletions": 0, "total": 2}


@pytest.mark.parametrize("ref", ["moon", "f" * 40, "--all"])
def test_a_commit_that_is_not_there_is_told(bot: Caller, ref: str) -> None:
    assert bot.get(f"{WEB}/commits/{ref}").status_code == 422


def test_a_ref_that_is_not_there_is_told(bot: Caller) -> None:
    answer = bot.get(f"{WEB}/commits/moon/status")

    assert answer.status_code == 422
    assert answer.json()["message"].startswith("No commit found for SHA: moon. ")


def test_they_are_listed_with_who_reported_them(
    bot: Caller, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for context in ("ci", "lint", "docs"):
        bot.post(URL, {"state": "success", "context": context}, REPORT)

    with django_assert_num_queries(6):
        told = bot.get(f"{WEB}/commits/{SHA}/statuses", LISTED).json()

    assert [one["context"] for one in told] == ["docs", "lint", "ci"]
    assert bot.get(URL, LISTED).json() == told


def test_reporting_takes_its_scope(bot: Caller, caller: MakeCaller, alice: Person) -> None:
    answer = caller(alice, scopes=["deploy"]).post(URL, {"state": "success"})

    assert answer.status_code == 403
    assert "scope “statuses”" in answer.json()["message"]


def test_a_repository_that_is_away_is_told_with_another_code(
    bot: Caller, repository: Repository
) -> None:
    repository.path.rename(repository.path.with_name("elsewhere"))

    answer = bot.get(f"{WEB}/commits/main/status")

    assert answer.status_code == 503
    assert "hello" in answer.json()["message"]
