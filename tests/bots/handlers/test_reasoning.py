"""Lines that ask why, and which checks have not passed."""

from __future__ import annotations

import pytest

from deployments.models import CommitStatus, Environment, Person
from deployments.selectors import code
from tests.bots.talking import Talk, goes, the_deployment
from tests.servers.repositories import Repository


@pytest.fixture
def checked(qa: Environment) -> Environment:
    """Qa asks for ci/test and ci/lint; of the newest commit the first failed."""
    qa.checks, qa.required_contexts = "named", ["ci/lint", "ci/test"]
    qa.save()
    report(qa, "ci/test", "failure", "2 of 80")
    return qa


def report(environment: Environment, context: str, state: str, description: str = "") -> None:
    CommitStatus.objects.create(
        repository=environment.application.repository,
        sha=code.resolve(environment.application, "").sha,
        context=context,
        state=state,
        description=description,
        target_url="https://ci.example.org/7",
    )


def test_why_lists_what_blocks(say: Talk, bob: Person) -> None:
    assert "Nothing blocks a deployment to hello/qa" in say("why hello in qa")
    assert "Bob may not deploy to hello/qa" in say.as_(bob)("why hello in qa")


def test_why_lists_a_repository_that_is_away(
    say: Talk, bob: Person, repository: Repository
) -> None:
    repository.path.rename(repository.path.with_name("away.git"))

    answer = say.as_(bob)("why hello in qa")

    assert answer.count("\n- ") == 2
    assert "There is no folder" in answer and "begins by itself when it answers" in answer


@pytest.mark.parametrize("line", ["why hello in qa", "where can i deploy hello"])
def test_checks_of_the_newest_commit_count(line: str, say: Talk, checked: Environment) -> None:
    answer = say(line)

    assert "may not go to hello/qa" in answer
    assert "ci/lint was not reported; ci/test failed (2 of 80)" in answer


def test_why_in_a_thread_begins_with_how_it_ended(say: Talk) -> None:
    say("deploy hello to qa")
    goes(the_deployment(), "in_progress")
    goes(the_deployment(), "failure", note="make exited with 2 on web-1.")

    answer = say.in_thread()("why")

    assert "failed" in answer and "make exited with 2 on web-1. Nothing blocks" in answer


def test_why_in_a_thread_says_what_it_waits_for(say: Talk, bob: Person) -> None:
    say("deploy hello to qa")
    first = the_deployment()
    goes(first, "in_progress")
    say("deploy hello/v2 to qa")

    assert f"- It waits: after #{first.pk} by Alice. (" in say.in_thread()("why")
    assert "\n- " not in say.in_thread(first)("why")


def test_which_checks_failed(say: Talk, checked: Environment) -> None:
    answer = say("which checks failed for hello in qa")

    assert "2 of the 2 checks of hello" in answer and "have not passed:" in answer
    assert "- ci/lint was not reported" in answer and "- ci/test failed (2 of 80)" in answer


def test_in_a_thread_the_checks_of_its_commit_are_told(say: Talk, checked: Environment) -> None:
    say("deploy hello/v2 to production")

    assert "No check was reported of hello" in say.in_thread()("which checks failed?")


def test_checks_that_passed_are_said_to_have(say: Talk, qa: Environment) -> None:
    report(qa, "ci/test", "success")

    assert "The one check of hello" in say("which checks failed hello")
