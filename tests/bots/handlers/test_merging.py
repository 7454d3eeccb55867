"""What chat says of the merge that a deployment begins with."""

from __future__ import annotations

import pytest

from bots import sayings
from bots.portraits import portrait
from bots.rendering.plain import render
from deployments.models import Application, Environment, Person
from deployments.services import lifecycle
from deployments.services.lifecycle import Door
from tests.bots.talking import Talk, the_deployment
from tests.deployments.merging import FIRST, conflicting, lagging
from tests.servers.repositories import Repository


@pytest.fixture
def branch(hello: Application, repository: Repository) -> str:
    return lagging(hello, repository)


def test_it_goes_on_by_itself_and_says_what_was_merged(
    say: Talk, qa: Environment, branch: str
) -> None:
    answer = say("deploy hello/fix-login to qa")

    assert f"is queued: {FIRST}" in answer
    sha = the_deployment().sha[:7]
    said = f"◷ Shipmate merged main into fix-login: {sha} (1 commit)."
    assert said in say.in_thread(the_deployment()).texts()


def test_until_it_is_merged_it_says_what_it_waits_for(
    qa: Environment, alice: Person, branch: str
) -> None:
    made = lifecycle.request(qa, "fix-login", Door(alice, "chat"))

    said = render(sayings.acknowledgement(portrait(made)))

    assert "is waiting: main is merged into fix-login first (1 commit)" in said


def test_the_merge_waits_for_its_checks_and_says_which(
    say: Talk, qa: Environment, branch: str
) -> None:
    qa.checks, qa.required_contexts = "named", ["ci"]
    qa.save()

    answer = say("deploy hello/fix-login to qa")

    waits = f"{the_deployment().sha[:7]} waits for its checks: ci was not reported"
    assert f"is waiting: {FIRST}; {waits}" in answer


def test_a_conflict_is_refused_with_the_line_to_type(
    say: Talk, qa: Environment, branch: str, repository: Repository
) -> None:
    sha = conflicting(repository)

    answer = say("deploy hello/fix-login to qa")

    assert "Conflict merging main into fix-login in app.py." in answer
    assert f"deploy hello/{sha[:7]} to qa" in answer
    say(f"deploy hello/{sha[:7]} to qa")
    assert the_deployment().sha == sha


def test_a_plan_says_what_the_line_would_merge_and_that_it_does_not(
    say: Talk, qa: Environment, branch: str
) -> None:
    answer = say("plan hello/fix-login to qa")

    line = "`deploy hello/fix-login to qa`"
    assert f"Merge: main will be merged into fix-login first (1 commit), with {line}" in answer
    assert "this plan deploys the commit as it is" in answer


def test_a_plan_tells_a_conflict(
    say: Talk, qa: Environment, branch: str, repository: Repository
) -> None:
    conflicting(repository)

    answer = say("plan hello/fix-login to qa")

    assert "In the way of the merge: Conflict merging main into fix-login in app.py." in answer


@pytest.mark.parametrize("ref", ["v-fix", "sha", "refs/tags/v-fix"])
def test_a_tag_and_a_commit_are_deployed_as_they_are(
    say: Talk, qa: Environment, repository: Repository, branch: str, ref: str
) -> None:
    repository.tag("v-fix", branch)

    say(f"deploy hello/{branch[:9] if ref == 'sha' else ref} to qa")

    assert (the_deployment().sha, the_deployment().merging) == (branch, None)
