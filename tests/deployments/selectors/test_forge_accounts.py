"""Whose account at GitHub it is: by number and place, never by login."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction

from deployments.models import ForgeAccount, Person
from deployments.selectors import forge_accounts

GITHUB = "https://api.github.com"
ENTERPRISE = "https://github.example.com/api/v3"


def linked(person: Person, uid: int = 583231, base_url: str = GITHUB) -> ForgeAccount:
    return ForgeAccount.objects.create(
        person=person, base_url=base_url, uid=uid, login=person.username
    )


def test_a_linked_account_is_its_person(alice: Person) -> None:
    linked(alice)

    assert forge_accounts.person_of(GITHUB, 583231) == alice
    assert forge_accounts.person_of(f"{GITHUB}/", 583231) == alice


def test_another_number_is_nobody(alice: Person) -> None:
    linked(alice)

    assert forge_accounts.person_of(GITHUB, 1) is None


def test_the_same_number_elsewhere_is_somebody_else(alice: Person, bob: Person) -> None:
    linked(alice)
    assert forge_accounts.person_of(ENTERPRISE, 583231) is None

    linked(bob, base_url=ENTERPRISE)

    assert forge_accounts.person_of(ENTERPRISE, 583231) == bob


def test_who_is_switched_off_is_nobody(charlie: Person) -> None:
    linked(charlie)

    assert forge_accounts.person_of(GITHUB, 583231) is None


def test_one_account_is_one_persons(alice: Person, bob: Person) -> None:
    linked(alice)

    with pytest.raises(IntegrityError), transaction.atomic():
        linked(bob)
