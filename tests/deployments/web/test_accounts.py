"""The door: whoever guesses passwords is held back, whatever they guess next."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from deployments.models import Person
from tests.deployments import build


@pytest.fixture(autouse=True)
def _counts() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


def sign_in(client: Client, password: str, name: str = "alice") -> Any:
    return client.post("/accounts/login/", {"login": name, "password": password})


def test_the_right_password_lets_in(client: Client, alice: Person) -> None:
    assert sign_in(client, build.PASSWORD).status_code == 302
    assert client.get("/").status_code == 200


def test_after_six_wrong_ones_the_right_one_does_not(client: Client, alice: Person) -> None:
    guesses = [sign_in(client, f"guess {number}").status_code for number in range(6)]

    assert guesses == [200] * 6
    assert sign_in(client, build.PASSWORD).status_code != 302
    assert client.get("/").status_code == 302


def test_another_person_still_gets_in(client: Client, alice: Person, bob: Person) -> None:
    for number in range(7):
        sign_in(client, f"guess {number}")

    assert sign_in(client, build.PASSWORD, "bob").status_code == 302


def test_guesses_at_many_names_are_counted_together(client: Client, alice: Person) -> None:
    for number in range(20):
        sign_in(client, "guess", f"name-{number}")

    assert sign_in(client, build.PASSWORD).status_code != 302
