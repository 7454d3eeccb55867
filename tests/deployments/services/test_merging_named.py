"""Checks that whoever asks has named are those of the merge commit."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from deployments.models import Application, Deployment, Environment, Person
from deployments.services import (
    checks,
    clearing,
    contexts,
    lifecycle,
)
from deployments.services.lifecycle import Door
from tests.deployments import merging as merging_of
from tests.deployments.services.conftest import copy
from tests.servers.repositories import Repository

pytestmark = pytest.mark.django_db


@pytest.fixture
def branch(hello: Application, repository: Repository) -> str:
    """A branch that lacks one commit of main; its app wants that merged."""
    return merging_of.lagging(hello, repository)


def gate(place: Environment, *names: str) -> None:
    place.checks, place.required_contexts = "named", list(names)
    place.save()


def say(deployment: Deployment, person: Person, name: str = "ci", state: str = "success") -> None:
    where = deployment.environment.application.repository
    checks.report(where, deployment.sha, person, context=name, state=state)


@pytest.fixture
def named(qa: Environment, at_the_door: Door, branch: str) -> Deployment:
    """Merged first, and waits for a check that its caller has named and no other asks for."""
    asked = contexts.request(qa, "fix-login", at_the_door, ["ci/slow"])
    clearing.clear(copy(asked))
    return copy(asked)


def verbs(deployment: Deployment) -> list[tuple[str, str]]:
    told = deployment.changes.filter(verb__startswith="deployment.check").order_by("pk")
    return list(told.values_list("verb", "subject"))


def test_of_checks_those_are_told_that_it_waits_for(named: Deployment, alice: Person) -> None:
    say(named, alice, "lint", "failure")
    clearing.clear(copy(named))
    say(named, alice, "ci/slow", "failure")
    clearing.clear(copy(named))

    assert verbs(named) == [("deployment.check_failed", "ci/slow")]


def test_one_that_was_named_and_never_comes_is_told(named: Deployment, alice: Person) -> None:
    say(named, alice, "lint")
    since = timezone.now() - timedelta(hours=1)
    Deployment.objects.update(waits_since=since, look_at=None)

    clearing.clear(copy(named))

    assert verbs(named) == [("deployment.check_missing", "")]
    assert "ci/slow has not been reported for over 15 min" in copy(named).note


def test_a_retry_waits_for_what_was_named_too(
    named: Deployment, at_the_door: Door, alice: Person
) -> None:
    say(named, alice, "ci/slow", "failure")
    lifecycle.cancel(named, at_the_door)

    again = lifecycle.retry(named, at_the_door)

    assert (again.status, again.waits_for, again.sha) == ("pending", "checks", named.sha)
    assert again.note.endswith("waits for its checks: ci/slow failed.")
    say(again, alice, "ci/slow")
    clearing.clear(copy(again))
    assert copy(again).status == "queued"


def test_what_ended_before_its_merge_is_asked_for_again_with_what_was_named(
    qa: Environment, at_the_door: Door, branch: str
) -> None:
    asked = contexts.request(qa, "fix-login", at_the_door, ["ci/slow"])
    lifecycle.cancel(asked, at_the_door)

    again = lifecycle.retry(asked, at_the_door)
    clearing.clear(again)

    assert "waits for its checks: ci/slow was not reported" in copy(again).note
