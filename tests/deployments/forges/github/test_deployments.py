"""Deployments at GitHub: what is asked, what each answer means, and what is found again."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from deployments.exceptions import ForgeError, RepositoryAway
from deployments.forges.contract import Source
from deployments.forges.github import deployments, marker
from deployments.forges.github.access import Token
from deployments.forges.github.client import Caller
from deployments.forges.github.deployments import (
    Answer,
    ChecksUnmet,
    Created,
    MergeConflict,
    MergedInstead,
    NotLet,
    Status,
    Unusable,
    Wish,
)
from tests.servers.github.hub import TOKEN, Fault, GitHub, Kept
from tests.servers.repositories import Repository

NAME = "acme/web"
MARK = {marker.KEY: marker.made(812, datetime(2026, 1, 1, tzinfo=UTC))}


@pytest.fixture
def caller(source: Source, repository: Repository) -> Caller:
    repository.commit({"a": "1"})
    return Token(source.location, TOKEN).caller()


@pytest.fixture
def kept(hub: GitHub, repository: Repository) -> Kept:
    return hub.repositories[NAME]


@pytest.fixture
def wish(repository: Repository, caller: Caller) -> Wish:
    sha = repository.git("rev-parse", "main")
    return Wish(sha, "qa", "deploy:migrate", "why not", MARK, transient=True, production=True)


def made(caller: Caller, wish: Wish) -> Created:
    answer = deployments.create(caller, wish)
    assert isinstance(answer, Created)
    return answer


def topic(repository: Repository, files: dict[str, str]) -> None:
    """Let a branch lag behind its base."""
    repository.commit(files, branch="topic", parent=repository.git("rev-parse", "main"))
    repository.commit({"a": "3"})


def test_it_is_made_with_all_that_was_asked(caller: Caller, wish: Wish, kept: Kept) -> None:
    answer = made(caller, wish)

    there = kept.deployments[0]
    names = ("id", "sha", "ref", "environment", "task", "description", "payload")
    assert [there[name] for name in names] == [
        answer.number, wish.ref, wish.ref, "qa", "deploy:migrate", "why not", MARK,
    ]  # fmt: skip
    assert there["transient_environment"] and there["production_environment"]


def test_red_checks_keep_nothing_back_unless_they_are_asked_for(
    hub: GitHub, caller: Caller, wish: Wish
) -> None:
    hub.say(NAME, wish.ref, "ci/test", "failure")

    assert isinstance(deployments.create(caller, wish), Created)


def test_a_branch_that_lags_is_merged_and_that_is_said(
    caller: Caller, repository: Repository
) -> None:
    topic(repository, {"b": "2"})

    answer = deployments.create(caller, Wish("topic", "qa", auto_merge=True))

    assert isinstance(answer, MergedInstead)
    assert "merged the base branch into topic" in answer.sentence
    assert "Ask again when the checks of the merge commit have passed." in answer.sentence


def test_a_conflict_says_what_to_do(caller: Caller, repository: Repository) -> None:
    topic(repository, {"a": "2"})

    answer = deployments.create(caller, Wish("topic", "qa", auto_merge=True))

    assert isinstance(answer, MergeConflict)
    assert answer.sentence.endswith("Merge it by hand and push, then ask again.")


def test_checks_that_have_not_passed_are_named(
    hub: GitHub, caller: Caller, repository: Repository
) -> None:
    sha = repository.git("rev-parse", "main")
    for context, state in {"lint": "success", "ci": "failure", "slow": "pending"}.items():
        hub.say(NAME, sha, context, state)

    answer = deployments.create(caller, Wish("main", "qa", contexts=None))

    assert isinstance(answer, ChecksUnmet)
    assert answer.contexts == (("ci", "failure"), ("slow", "pending"))
    assert answer.sentence.startswith("ci failed, slow has not ended on main, so GitHub made no")


@pytest.mark.parametrize(
    ("fault", "kind", "words"),
    [
        (Fault(404, message="Not Found"), NotLet, "answers both alike. Give the App"),
        (Fault(403, message="Resource not accessible by integration"), NotLet,
         "(Resource not accessible by integration). Give the App"),
        (Fault(422, message="Validation Failed", errors=[
            {"resource": "Deployment", "field": "ref", "code": "invalid"}]), Unusable,
         "Validation Failed: ref invalid"),
    ],
)  # fmt: skip
def test_a_refusal_is_told_with_what_to_do(
    hub: GitHub, caller: Caller, wish: Wish, fault: Fault, kind: type[Answer], words: str
) -> None:
    hub.faults.append(fault)

    answer = deployments.create(caller, wish)

    assert isinstance(answer, kind)
    assert words in answer.sentence


def test_an_unknown_commit_is_of_no_use(caller: Caller, wish: Wish) -> None:
    answer = deployments.create(caller, replace(wish, ref="f" * 40))

    assert isinstance(answer, Unusable)
    assert "No commit found" in answer.sentence


@pytest.mark.parametrize("status", [500, 502, 504])
def test_a_github_that_is_ill_is_asked_once(
    hub: GitHub, caller: Caller, wish: Wish, status: int
) -> None:
    hub.faults.extend([Fault(status)] * 3)

    with pytest.raises(RepositoryAway):
        deployments.create(caller, wish)

    assert len(hub.asked) == 1


def test_a_revoked_token_is_no_answer_to_the_request(source: Source, wish: Wish) -> None:
    with pytest.raises(ForgeError, match="does not take the credential"):
        deployments.create(Token(source.location, "ghp_gone").caller(), wish)


def test_a_secondary_limit_is_no_missing_right(hub: GitHub, caller: Caller, wish: Wish) -> None:
    hub.faults.append(Fault(403, message="You have exceeded a secondary rate limit. Wait."))

    with pytest.raises(RepositoryAway, match="takes no more questions about acme/web until"):
        deployments.create(caller, wish)


def test_it_is_told_of(caller: Caller, wish: Wish, kept: Kept) -> None:
    number = made(caller, wish).number
    page, address = "https://ship.example/deployments/1/", "https://qa.example"
    status = Status("success", "ok", page, address, "staging")

    assert deployments.say(caller, number, status) is None

    told = kept.deployment_statuses[0]
    names = ("state", "description", "log_url", "target_url", "environment_url", "environment")
    assert [told[name] for name in names] == ["success", "ok", page, page, address, "staging"]


def test_what_was_told_last_is_read(caller: Caller, wish: Wish) -> None:
    number = made(caller, wish).number
    assert deployments.last_said(caller, number) == ("", "")
    for state in ("queued", "in_progress"):
        deployments.say(caller, number, Status(state, f"{state} now"))

    assert deployments.last_said(caller, number) == ("in_progress", "in_progress now")


def test_a_status_of_what_is_not_there_is_not_let(caller: Caller) -> None:
    assert isinstance(deployments.say(caller, 4711, Status("queued")), NotLet)
    assert not deployments.is_there(caller, 4711)


def test_what_github_itself_says_of_one_is_read(caller: Caller, wish: Wish) -> None:
    said = deployments.read(caller, made(caller, wish).number)

    assert said is not None
    assert (said["sha"], said["environment"], said["payload"]) == (wish.ref, "qa", MARK)


def test_one_that_is_not_there_is_none(caller: Caller) -> None:
    assert deployments.read(caller, 4711) is None


def test_one_that_is_not_shown_at_once_is_asked_for_again(
    caller: Caller, wish: Wish, hub: GitHub
) -> None:
    number = made(caller, wish).number
    hub.faults.append(Fault(404, message="Not Found"))

    assert deployments.read(caller, number) is not None


def test_who_may_read_none_is_told_which_right_is_missing(
    caller: Caller, wish: Wish, hub: GitHub
) -> None:
    number = made(caller, wish).number
    hub.without_deployments.add(TOKEN)

    with pytest.raises(ForgeError, match="the right “Deployments: write”"):
        deployments.read(caller, number)


def test_a_github_that_is_ill_tells_of_none(caller: Caller, wish: Wish, hub: GitHub) -> None:
    number = made(caller, wish).number
    hub.faults.extend([Fault(502)] * 3)

    with pytest.raises(RepositoryAway):
        deployments.read(caller, number)


def test_one_that_was_made_is_found_by_its_mark(caller: Caller, wish: Wish) -> None:
    made(caller, replace(wish, payload={marker.KEY: "another"}))
    ours = made(caller, wish)
    made(caller, replace(wish, payload={}))

    assert deployments.find(caller, wish) == ours.number
    assert deployments.is_there(caller, ours.number)


def test_it_is_found_on_a_later_page(caller: Caller, wish: Wish) -> None:
    ours = made(caller, wish)
    for _ in range(101):
        made(caller, replace(wish, payload={}))

    assert deployments.find(caller, wish) == ours.number


def test_what_was_not_made_is_not_found(caller: Caller, wish: Wish) -> None:
    made(caller, replace(wish, environment="production"))

    assert deployments.find(caller, wish) is None


@pytest.mark.parametrize(
    ("given", "shown"), [("x" * 141, "x" * 139 + "…"), ("a\n b", "a b"), ("y" * 140, "y" * 140)]
)
def test_descriptions_are_cut(given: str, shown: str) -> None:
    assert deployments.short(given) == shown


def test_odd_answers_are_no_crash(hub: GitHub, caller: Caller, wish: Wish) -> None:
    odd: list[dict[str, Any]] = [{"contexts": [{"context": "ci", "state": "error"}]}]
    hub.faults.append(Fault(409, message="Conflict", errors=odd))

    answer = deployments.create(caller, wish)

    assert answer.sentence.startswith("ci could not be run on ")
