"""Commits on pages, each with the person here whose commit it is."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from deployments.models import Environment, ForgeAccount, Person
from tests.deployments import build
from tests.servers.repositories import Repository

pytestmark = pytest.mark.slow  # looks at pages

PLACE = "/apps/hello/production/"


@pytest.fixture
def octocat(dora: Person) -> Person:
    """Dora, whose account at GitHub is called octocat."""
    ForgeAccount.objects.create(
        person=dora, base_url="https://api.github.com", uid=583231, login="octocat"
    )
    return dora


@pytest.fixture
def waits(
    qa: Environment, production: Environment, alice: Person, repository: Repository
) -> Environment:
    """Production, before two commits that one person wrote by two addresses."""
    for place in (qa, production):
        build.live(place, alice, repository.git("rev-parse", "main"))
    for start in ("583231+octocat", "octocat"):
        address = f"{start}@users.noreply.github.com"
        repository.commit({start: "x\n"}, f"By {start}", author=f"octo <{address}>".encode())
    return production


@pytest.mark.parametrize("path", [PLACE, "/compare/hello/v2...main/", "/apps/hello/"])
def test_a_linked_account_is_shown_as_its_person(
    as_alice: Client, octocat: Person, waits: Environment, path: str
) -> None:
    as_alice.get(PLACE)  # asks the repository what is new

    shown = as_alice.get(path).content.decode()

    assert "<small>Dora ·" in shown
    assert "<small>octo ·" not in shown


def test_nobody_linked_leaves_the_name_that_stands_there(
    as_alice: Client, waits: Environment
) -> None:
    assert "<small>octo ·" in as_alice.get(PLACE).content.decode()


def test_two_addresses_of_one_person_are_one(
    as_alice: Client, octocat: Person, waits: Environment
) -> None:
    assert "2 commits by Dora" in as_alice.get(PLACE).content.decode()


@pytest.mark.parametrize("path", [PLACE, "/compare/hello/v2...main/"])
def test_many_commits_cost_as_few_queries_as_two(
    as_alice: Client, octocat: Person, waits: Environment, repository: Repository, path: str
) -> None:
    few = queries(as_alice, path)
    for number in range(12):
        author = f"n <{number + 1}+n{number}@users.noreply.github.com>".encode()
        repository.commit({"many": f"{number}\n"}, "Many", author=author)

    assert queries(as_alice, path) == few


def queries(client: Client, path: str) -> int:
    """Count those of a page that was asked for before."""
    client.get(path)
    with CaptureQueriesContext(connection) as asked:
        assert client.get(path).status_code == 200
    return len(asked)
