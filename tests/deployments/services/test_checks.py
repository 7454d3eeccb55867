"""What checks say of a commit decides whether it is deployed; going past them is remembered."""

from __future__ import annotations

import pytest

from deployments.exceptions import Invalid, NotAllowed, Refused
from deployments.models import Change, CommitStatus, Deployment, Environment, Person
from deployments.selectors import checks
from deployments.services import lifecycle
from deployments.services.checks import report
from deployments.services.lifecycle import Door
from tests.deployments import build
from tests.deployments.services.conftest import tip
from tests.servers.repositories import Repository

pytestmark = pytest.mark.django_db


@pytest.fixture
def gated(qa: Environment) -> Environment:
    """Wants ci/test and lint."""
    qa.checks, qa.required_contexts = "named", ["ci/test", "lint"]
    qa.save()
    return qa


@pytest.fixture
def sha(repository: Repository) -> str:
    return tip(repository)


def say(environment: Environment, sha: str, by: Person, **states: str) -> None:
    for context, state in states.items():
        name = context.replace("_", "/")
        report(environment.application.repository, sha, by, context=name, state=state)


def test_a_missing_check_has_not_passed(gated: Environment, alice: Person, sha: str) -> None:
    say(gated, sha, alice, lint="success", other="failure")

    assert checks.problems(gated, sha) == ["ci/test was not reported"]


def test_each_check_that_has_not_passed_is_named(
    gated: Environment, alice: Person, sha: str, at_the_door: Door
) -> None:
    say(gated, sha, alice, ci_test="failure", lint="pending")

    with pytest.raises(Refused) as refused:
        lifecycle.request(gated, "main", at_the_door)
    assert "ci/test failed; lint has not ended yet" in str(refused.value)
    assert "with “deploy!”" in str(refused.value)
    assert not Deployment.objects.exists()


def test_what_passed_is_deployed(
    gated: Environment, alice: Person, sha: str, at_the_door: Door
) -> None:
    say(gated, sha, alice, ci_test="success", lint="success")

    assert lifecycle.request(gated, "main", at_the_door).forced is False


@pytest.mark.parametrize(
    ("said", "missing"),
    [
        ({}, ["no check was reported"]),
        ({"a": "success"}, []),
        ({"a": "error"}, ["a could not be run"]),
    ],
)
def test_all_means_those_that_were_reported_and_at_least_one(
    qa: Environment, alice: Person, sha: str, said: dict[str, str], missing: list[str]
) -> None:
    qa.checks = "all"
    say(qa, sha, alice, **said)

    assert checks.problems(qa, sha) == missing


def test_a_later_word_takes_the_place_of_the_former(
    gated: Environment, alice: Person, sha: str
) -> None:
    say(gated, sha, alice, lint="failure")
    say(gated, sha, alice, lint="success")
    say(gated, sha, alice, lint="success")

    assert CommitStatus.objects.get().state == "success"
    told = Change.objects.filter(verb="check.set").values_list("old", "new", "person")
    assert list(told) == [("", "failure", alice.pk), ("failure", "success", alice.pk)]


def test_who_may_deploy_nothing_reports_nothing(gated: Environment, bob: Person, sha: str) -> None:
    with pytest.raises(NotAllowed, match="report checks of"):
        say(gated, sha, bob, lint="success")


@pytest.mark.parametrize(
    "wrong",
    [
        {"sha": "main"},
        {"sha": "g" * 40},
        {"target_url": "javascript:alert(1)"},
        {"context": "x" * 256},
        {"state": "great"},
    ],
)
def test_a_report_that_makes_no_sense_is_refused(
    gated: Environment, alice: Person, sha: str, wrong: dict[str, str]
) -> None:
    given = {"sha": sha, "context": "lint", "state": "success", **wrong}

    with pytest.raises(Invalid):
        report(gated.application.repository, given.pop("sha"), alice, **given)
    assert not CommitStatus.objects.exists()


# ---- Past them ----


def test_a_maintainer_goes_past_and_it_is_remembered(
    gated: Environment, dora: Person, sha: str
) -> None:
    say(gated, sha, dora, lint="failure")
    made = lifecycle.request(gated, "main", Door(dora, "web"), force=True)

    assert (made.status, made.forced) == ("queued", True)
    assert made.forced_past == ["ci/test was not reported", "lint failed"]
    told = Change.objects.get(verb="deployment.forced")
    assert (told.deployment, told.person) == (made, dora)
    assert told.note == "ci/test was not reported; lint failed"


def test_a_deployer_does_not(gated: Environment, at_the_door: Door) -> None:
    with pytest.raises(Refused, match="Alice may not go past the checks of hello/qa"):
        lifecycle.request(gated, "main", at_the_door, force=True)


def test_force_goes_past_checks_and_nothing_else(gated: Environment, dora: Person) -> None:
    gated.placements.all().delete()

    with pytest.raises(Refused, match="no hosts"):
        lifecycle.request(gated, "main", Door(dora, "web"), force=True)


def test_a_retry_is_judged_anew(gated: Environment, dora: Person, sha: str) -> None:
    failed = build.deployment(gated, dora, sha, status="failure", forced=True)

    with pytest.raises(Refused, match="ci/test was not reported"):
        lifecycle.retry(failed, Door(dora, "web"))


def test_the_way_back_asks_no_check(gated: Environment, alice: Person, sha: str) -> None:
    build.live(gated, alice, "a" * 40)
    build.live(gated, alice, sha)

    assert lifecycle.rollback(gated, Door(alice, "web")).kind == "rollback"
