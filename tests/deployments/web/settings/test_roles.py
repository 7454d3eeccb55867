"""Roles of a place, on its own settings page."""

from __future__ import annotations

import pytest
from django.test import Client

from deployments.models import Application, Environment, Person, Role
from deployments.selectors.people import holders_of

pytestmark = pytest.mark.slow

QA = "/settings/apps/hello/qa/"


@pytest.fixture
def as_root(client: Client, root: Person) -> Client:
    client.force_login(root)
    return client


def test_a_role_is_given_and_taken_where_it_holds(
    as_root: Client, bob: Person, qa: Environment
) -> None:
    as_root.post(f"{QA}roles/give/", {"person": "bob", "role": "maintainer"})
    role = bob.roles.get(environment=qa)
    assert "maintainer of hello/qa" in " ".join(as_root.get(QA).content.decode().split())

    as_root.post(f"{QA}roles/{role.pk}/take/")
    assert not bob.roles.filter(environment=qa).exists()


def test_the_highest_role_that_covers_the_place_is_shown(
    bob: Person, dora: Person, hello: Application, qa: Environment
) -> None:
    here = Role.objects.create(person=bob, name="deployer", environment=qa)
    Role.objects.create(person=bob, name="admin", application=hello)

    first = holders_of(qa)[0]

    assert (first.person, first.role, first.given, first.here) == (bob, "admin", "hello", here)
    assert dora in [holder.person for holder in holders_of(qa)]


def test_nobody_that_there_is_not_gets_one(as_root: Client, qa: Environment) -> None:
    answer = as_root.post(
        f"{QA}roles/give/", {"person": "nobody", "role": "viewer"}, HTTP_REFERER=QA, follow=True
    )

    assert "There is nobody of that name" in answer.content.decode()


def test_who_may_not_give_is_told_who_does(as_dora: Client, root: Person, qa: Environment) -> None:
    shown = as_dora.get(QA).content.decode()

    assert "Roles are given by administrators: maker, root." in shown
    assert "Give the role here" not in shown
