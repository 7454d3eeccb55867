"""The page of tokens: made and shown once, listed, revoked; everybody's for administrators."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from deployments.models import ApiToken, Application, Change, Person
from deployments.services import tokens
from tests.deployments import build

pytestmark = pytest.mark.slow

URL = "/settings/tokens/"
MADE = {"name": "nightly", "scopes": ["read", "deploy"], "days": "90"}


def page(client: Client) -> str:
    return client.get(URL).content.decode()


def test_a_token_is_shown_once(as_alice: Client) -> None:
    shown = as_alice.post(f"{URL}make/", MADE).content.decode()

    text = re.search(r"ship_[\w-]{40,}", shown)
    assert text
    assert tokens.find(text[0]) == ApiToken.objects.get()
    assert text[0] not in page(as_alice) + str(list(Change.objects.values()))


def test_it_may_what_was_ticked_where_it_was_chosen_for_as_long(
    as_alice: Client, hello: Application
) -> None:
    as_alice.post(f"{URL}make/", {**MADE, "applications": ["hello"]})

    made = ApiToken.objects.get()
    assert (made.scopes, made.applications) == (["read", "deploy"], [hello.pk])
    assert made.expires_at and 89 <= (made.expires_at - timezone.now()).days <= 90
    assert "may read, deploy in hello" in page(as_alice)


def test_that_it_may_stand_in_an_address_is_ticked_and_told(
    as_alice: Client, hello: Application
) -> None:
    as_alice.post(f"{URL}make/", {**MADE, "applications": ["hello"], "in_addresses": "on"})

    assert ApiToken.objects.get().in_addresses
    assert "in hello, also in addresses" in page(as_alice)


def test_in_addresses_without_an_app_is_refused_at_its_field(as_alice: Client) -> None:
    shown = as_alice.post(f"{URL}make/", {**MADE, "in_addresses": "on"})

    assert "is for certain apps: choose them." in shown.content.decode()
    assert not ApiToken.objects.exists()


def test_one_that_never_ends_is_asked_for_by_hand(as_alice: Client) -> None:
    as_alice.post(f"{URL}make/", {**MADE, "days": "never"})

    assert ApiToken.objects.get().expires_at is None
    assert "never ends" in page(as_alice)


@pytest.mark.parametrize("wrong", [{"scopes": []}, {"scopes": ["all"]}, {"days": "7"}, {"days": ""},
                                   {"name": ""}, {"applications": ["moon"]}])  # fmt: skip
def test_what_makes_no_sense_is_said_at_its_field(
    as_alice: Client, hello: Application, wrong: dict[str, Any]
) -> None:
    shown = as_alice.post(f"{URL}make/", MADE | wrong)

    assert "errorlist" in shown.content.decode()
    assert not ApiToken.objects.exists()


def test_a_token_is_revoked(as_alice: Client, alice: Person) -> None:
    token, text = tokens.make(alice, "nightly", by=alice)

    as_alice.post(f"{URL}{token.pk}/revoke/")

    assert tokens.find(text) is None
    assert "1 that ended" in page(as_alice)
    assert "was revoked on" in page(as_alice)


def test_one_that_expired_is_listed_as_such(as_alice: Client, alice: Person) -> None:
    tokens.make(alice, "nightly", by=alice, days=1)
    ApiToken.objects.update(expires_at=timezone.now() - timedelta(hours=1))

    assert "expired on" in page(as_alice)


def test_an_administrator_sees_everybodys_and_ends_them(client: Client, alice: Person) -> None:
    token, text = tokens.make(alice, "nightly", by=alice)
    client.force_login(build.person("root"))

    assert "Everybody else" in page(client) and "nightly</b>" in page(client)
    client.post(f"{URL}{token.pk}/revoke/")

    assert tokens.find(text) is None
    assert Change.objects.get(verb="token.revoked").subject.endswith("(nightly) of alice")


def test_an_administrator_makes_them_for_others(
    client: Client, alice: Person, root: Person
) -> None:
    client.force_login(root)

    client.post(f"{URL}make/", {**MADE, "speaks_for": "alice"})

    assert ApiToken.objects.get().person == alice
    made = Change.objects.get(verb="token.made")
    assert made.person == root and made.subject.endswith("(nightly) of alice")


def test_nobody_else_does(as_dora: Client, alice: Person, dora: Person) -> None:
    assert "Speaks for" not in page(as_dora)

    as_dora.post(f"{URL}make/", {**MADE, "speaks_for": "alice"})

    assert ApiToken.objects.get().person == dora


def test_one_whose_account_is_off_gets_none(client: Client, charlie: Person, root: Person) -> None:
    client.force_login(root)

    shown = client.post(f"{URL}make/", {**MADE, "speaks_for": "charlie"}).content.decode()

    assert "errorlist" in shown and not ApiToken.objects.exists()


def test_others_see_their_own_only(as_dora: Client, alice: Person) -> None:
    tokens.make(alice, "nightly", by=alice)

    assert "nightly</b>" not in page(as_dora)


def test_a_viewer_is_told_who_can_let_them_have_tokens(as_bob: Client, root: Person) -> None:
    shown = page(as_bob)

    assert "it takes a deployer of something. Ask root." in shown
    assert "Make a token" not in shown


def test_the_number_of_queries_does_not_grow_with_tokens(
    client: Client, hello: Application, alice: Person, root: Person, django_assert_num_queries: Any
) -> None:
    client.force_login(root)
    for person in (alice, root):
        tokens.make(person, "first", by=person, applications=[hello])
    page(client)
    with django_assert_num_queries(14):
        page(client)
    for person in [alice, root] * 4:
        tokens.make(person, "more", by=person, applications=[hello])

    with django_assert_num_queries(14):
        page(client)
