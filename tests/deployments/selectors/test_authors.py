"""Whose commit it is: by what was proven, never by a name."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from allauth.socialaccount.models import SocialAccount
from pytest_django import DjangoAssertNumQueries

from deployments.forges.contract import Commit
from deployments.models import ForgeAccount, Person, VerifiedAddress
from deployments.selectors import authors

GITHUB = "https://api.github.com"


def commit(address: str, name: str = "Somebody") -> Commit:
    return Commit(address, name, address, datetime(2026, 1, 1, tzinfo=UTC), "Change", ())


def linked(
    person: Person, uid: int = 583231, login: str = "octocat", base_url: str = GITHUB
) -> None:
    ForgeAccount.objects.create(person=person, base_url=base_url, uid=uid, login=login)


def verified(person: Person, address: str, uid: str = "1") -> None:
    account = SocialAccount.objects.create(user=person, provider="https://sso", uid=uid)
    VerifiedAddress.objects.create(account=account, address=address)


def who(address: str) -> Person | None:
    return authors.of([commit(address)]).get(address)


@pytest.mark.parametrize(
    "address",
    [
        "583231+octocat@users.noreply.github.com",
        "583231+called-so-before@users.noreply.github.com",
        "583231+Octocat@users.noreply.GitHub.com",
        "octocat@users.noreply.github.com",
        "OctoCat@users.noreply.github.com",
    ],
)
def test_what_github_writes_for_an_account_is_its_person(alice: Person, address: str) -> None:
    linked(alice)

    assert who(address) == alice


@pytest.mark.parametrize(
    "address",
    [
        "1+octocat@users.noreply.github.com",  # the login that another has now
        "583231+octocat@users.noreply.github.example.com",
        "583231+octocat@users.noreply.github.com.evil.example",
        "583231+octocat@github.com",
        "583231@users.noreply.github.com",
        "hubot@users.noreply.github.com",
        "99999999999999999999999+octocat@users.noreply.github.com",
        "octocat",
        "",
    ],
)
def test_anything_else_is_nobody(alice: Person, address: str) -> None:
    linked(alice)

    assert who(address) is None


def test_a_login_that_two_had_says_nothing(alice: Person, bob: Person) -> None:
    linked(alice)
    linked(bob, uid=2, login="Octocat")

    assert who("octocat@users.noreply.github.com") is None
    assert who("2+octocat@users.noreply.github.com") == bob


def test_an_enterprise_has_addresses_of_its_own(alice: Person) -> None:
    linked(alice, base_url="https://github.example.com/api/v3")

    assert who("583231+octocat@users.noreply.github.example.com") == alice
    assert who("583231+octocat@users.noreply.github.com") is None


def test_a_verified_address_is_its_person(alice: Person, bob: Person) -> None:
    verified(alice, "alice@example.com")
    Person.objects.filter(pk=bob.pk).update(email="bob@example.com")

    assert who("Alice@Example.com") == alice
    assert who("bob@example.com") is None


def test_an_address_of_two_people_says_nothing(alice: Person, bob: Person) -> None:
    verified(alice, "team@example.com")
    verified(bob, "team@example.com", uid="2")

    assert who("team@example.com") is None


def test_the_person_or_the_name_that_stands_there(alice: Person) -> None:
    linked(alice)
    several = [commit("octocat@users.noreply.github.com"), commit("x@example.com", "Xenia")]

    assert list(authors.names(several).values()) == ["Alice", "Xenia"]


def test_many_commits_cost_two_queries(
    alice: Person, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    linked(alice)
    many = [commit(f"{n}+x@users.noreply.github.com") for n in range(1, 50)]
    many += [commit(f"{n}@example.com") for n in range(50)]

    with django_assert_num_queries(2):
        authors.of(many)
    with django_assert_num_queries(0):
        authors.of([])
