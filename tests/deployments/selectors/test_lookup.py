"""What people type leads to what they may see, and to nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from deployments.exceptions import NotFound
from deployments.models import Environment, Host, Person
from deployments.selectors import lookup
from tests.deployments import build

pytestmark = pytest.mark.django_db


def test_whoever_is_signed_in_sees_everything(qa: Environment, bob: Person) -> None:
    deployment = build.deployment(qa, bob, "a" * 40)

    assert lookup.application_for(bob, "hello") == qa.application
    assert lookup.environment_for(bob, "hello", "qa") == qa
    assert lookup.deployment_for(bob, deployment.pk) == deployment
    assert lookup.host_for(bob, "hello-qa-1") == Host.objects.get(name="hello-qa-1")


def test_a_switched_off_account_sees_nothing(qa: Environment, charlie: Person) -> None:
    deployment = build.deployment(qa, build.person("alice"), "a" * 40)

    for look in (
        lambda: lookup.application_for(charlie, "hello"),
        lambda: lookup.environment_for(charlie, "hello", "qa"),
        lambda: lookup.deployment_for(charlie, deployment.pk),
        lambda: lookup.host_for(charlie, "hello-qa-1"),
    ):
        with pytest.raises(NotFound):
            look()
    assert not lookup.deployments_for(charlie).exists()


def test_capitals_do_not_matter(qa: Environment, bob: Person) -> None:
    assert lookup.environment_for(bob, "Hello", "QA") == qa
    assert lookup.host_for(bob, "HELLO-qa-1").name == "hello-qa-1"


@pytest.mark.parametrize("asked", ["production", "prod", "live"])
def test_an_environment_has_other_names(production: Environment, bob: Person, asked: str) -> None:
    Environment.objects.filter(pk=production.pk).update(aliases=["live"])

    assert lookup.environment_for(bob, "hello", asked) == production


def test_a_name_goes_before_anothers_alias(
    qa: Environment, production: Environment, bob: Person
) -> None:
    Environment.objects.filter(pk=production.pk).update(aliases=["qa"])

    assert lookup.environment_for(bob, "hello", "qa") == qa


def test_a_wrong_name_is_answered_with_the_right_ones(
    qa: Environment, production: Environment, bob: Person
) -> None:
    with pytest.raises(NotFound, match=r"no environment “moon”\. It has: qa, production\."):
        lookup.environment_for(bob, "hello", "moon")


@pytest.mark.parametrize("number", [0, -1, 404, 2**63, 10**40])
def test_a_number_that_is_none(bob: Person, number: int) -> None:
    with pytest.raises(NotFound, match="no deployment"):
        lookup.deployment_for(bob, number)


def test_a_deployment_comes_with_all_that_pages_show(
    qa: Environment, bob: Person, django_assert_num_queries: Any
) -> None:
    made = build.live(qa, bob, "a" * 40)

    with django_assert_num_queries(1):
        found = lookup.deployment_for(bob, made.pk)
        _ = (found.environment.application.repository, found.person, found.environment.current)
