"""What a reader may not say of what is offered, and who can."""

from __future__ import annotations

import pytest
from pytest_django import DjangoAssertNumQueries

from bots import completing, withheld
from bots.language.table import TABLE
from deployments.models import Deployment, Environment, Person, Role
from tests.deployments import build


@pytest.fixture
def waiting(alice: Person, qa: Environment) -> Deployment:
    return build.deployment(qa, alice, "a" * 40, status="queued")


def test_each_deed_is_a_line_of_the_table() -> None:
    assert set(withheld.ACTS) <= {pattern.name for pattern in TABLE}


@pytest.mark.parametrize("line", ["deploy web", "deploy! web", "deploy:migrate web", "retry #4"])
def test_deeds_are_told_from_looks(line: str) -> None:
    assert withheld.acts(line) and not withheld.acts("log #4")


def test_who_may_look_is_told_who_can(bob: Person, alice: Person, waiting: Deployment) -> None:
    said = withheld.of_each([waiting], bob)[waiting.pk]

    assert said == "Maintainers of hello/qa: Maker"
    assert withheld.from_everywhere(bob) == "Deployers: Alice, Maker"


def test_to_cancel_anothers_takes_more_than_to_retry(alice: Person, qa: Environment) -> None:
    other, own = build.maker(), alice
    going = [build.deployment(qa, one, "a" * 40, status="queued") for one in (other, own)]
    ended = build.deployment(qa, other, "a" * 40, status="failure")

    assert list(withheld.of_each([*going, ended], alice)) == [going[0].pk]


def test_a_role_for_one_place_counts_there(bob: Person, waiting: Deployment) -> None:
    Role.objects.create(person=bob, name="maintainer", environment=waiting.environment)

    assert withheld.of_each([waiting], bob) == {} and withheld.from_everywhere(bob) == ""


def test_many_cost_no_more_than_one(
    bob: Person, waiting: Deployment, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    many = [waiting, *(build.deployment(waiting.environment, bob, "b" * 40) for _ in range(5))]

    with django_assert_num_queries(3):
        assert len(withheld.of_each(many, bob)) == 6


def test_the_composer_strikes_out_what_takes_another(bob: Person, waiting: Deployment) -> None:
    offered = {one.text: one for one in completing.suggestions("de", bob, None)}
    in_thread = {one.text: one for one in completing.suggestions("ro", bob, waiting)}

    assert not offered["deploy"].possible and "Deployers: " in offered["deploy"].about
    assert not in_thread["rollback"].possible
    assert "Deployers of hello/qa: Alice, Maker" in in_thread["rollback"].about


def test_who_may_is_offered_it(alice: Person, waiting: Deployment) -> None:
    assert all(one.possible for one in completing.suggestions("de", alice, None))
