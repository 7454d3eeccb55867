"""What forges tell passes by what is for people; everything else is as it was."""

from __future__ import annotations

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from tests.deployments.webhooks.conftest import URL, Deliver, about

pytestmark = pytest.mark.django_db


def test_it_gets_no_session_and_no_word_for_browsers(deliver: Deliver) -> None:
    answer = deliver("push", about())

    assert not answer.cookies
    assert "Content-Security-Policy" not in answer
    assert answer["X-Content-Type-Options"] == "nosniff"


def test_it_still_goes_by_https_alone(deliver: Deliver, settings: Settings) -> None:
    settings.SECURE_SSL_REDIRECT = True

    assert deliver("push", about()).status_code == 301


@pytest.mark.parametrize("address", ["/webhooks/", "/webhooks/none/", "/webhooks/github/more/"])
def test_what_is_not_there_is_said_to_be_none(client: Client, address: str) -> None:
    assert client.post(address, b"{}", content_type="application/json").status_code == 404


def test_pages_are_for_people_as_ever(client: Client) -> None:
    answer = client.get("/")

    assert answer.status_code == 302
    assert "Content-Security-Policy" in answer


def test_who_is_signed_in_makes_no_difference(as_alice: Client) -> None:
    assert as_alice.get(URL).status_code == 405


def test_what_is_asked_of_the_database_is_little(
    deliver: Deliver, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    deliver("push", about())

    with django_assert_num_queries(5):  # its secret; within a savepoint a bell and the row
        deliver("push", about())
