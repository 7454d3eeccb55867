"""Tokens: made by those who deploy, found by their text, ended by their owner."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from deployments.exceptions import Invalid, NotAllowed
from deployments.models import ApiToken, Application, Change, Person
from deployments.services import tokens


def test_only_the_hash_of_a_token_is_kept(alice: Person) -> None:
    token, text = tokens.make(alice, "nightly", by=alice)

    kept = ApiToken.objects.values().get(pk=token.pk)
    assert text not in str(kept)
    assert text not in str(Change.objects.get(verb="token.made"))
    assert tokens.find(text) == token


def test_a_viewer_makes_no_token(bob: Person) -> None:
    with pytest.raises(NotAllowed, match="takes a deployer"):
        tokens.make(bob, "nightly", by=bob)


def test_nobody_makes_tokens_for_another_but_administrators(
    alice: Person, dora: Person, root: Person
) -> None:
    tokens.make(alice, "nightly", by=root)

    with pytest.raises(NotAllowed):
        tokens.make(alice, "nightly", by=dora)


def test_a_token_has_a_name(alice: Person) -> None:
    with pytest.raises(Invalid, match="name"):
        tokens.make(alice, " ", by=alice)


def test_a_revoked_token_is_of_no_use(alice: Person) -> None:
    token, text = tokens.make(alice, "nightly", by=alice)

    tokens.revoke(token, by=alice)

    assert tokens.find(text) is None
    assert Change.objects.filter(verb="token.revoked").exists()


def test_another_revokes_it_only_as_an_administrator(
    alice: Person, dora: Person, root: Person
) -> None:
    token, _ = tokens.make(alice, "nightly", by=alice)

    with pytest.raises(NotAllowed):
        tokens.revoke(token, by=dora)
    tokens.revoke(token, by=root)


def test_a_token_is_revoked_once(alice: Person) -> None:
    token, _ = tokens.make(alice, "nightly", by=alice)

    tokens.revoke(token, by=alice)
    tokens.revoke(token, by=alice)

    assert Change.objects.filter(verb="token.revoked").count() == 1


def test_a_token_ends_when_it_was_to(alice: Person) -> None:
    _, text = tokens.make(alice, "nightly", by=alice, days=30)
    assert tokens.find(text) is not None

    ApiToken.objects.update(expires_at=timezone.now())

    assert tokens.find(text) is None
    assert "“nightly” expired on" in tokens.why_not(text)


def test_whoever_holds_one_is_told_why_it_lets_nobody_in(alice: Person) -> None:
    token, text = tokens.make(alice, "nightly", by=alice)
    assert tokens.why_not("ship_made_up") == "This token is not known."

    Person.objects.filter(pk=alice.pk).update(is_active=False)
    assert "switched off" in tokens.why_not(text)
    tokens.revoke(token, by=alice)
    assert "was revoked on" in tokens.why_not(text)


def test_what_a_token_may_is_remembered(alice: Person, hello: Application) -> None:
    tokens.make(alice, "ci", by=alice, scopes=["deploy", "read"], applications=[hello], days=30)

    said = Change.objects.get(verb="token.made").new
    assert said.startswith("read, deploy in hello, until ")


@pytest.mark.parametrize("wrong", [{"scopes": []}, {"scopes": ["root"]}, {"days": 0},
                                   {"days": 10_000}])  # fmt: skip
def test_what_makes_no_sense_is_refused(alice: Person, wrong: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        tokens.make(alice, "nightly", by=alice, **wrong)


def test_the_last_use_is_kept_to_the_minute(alice: Person, django_assert_num_queries: Any) -> None:
    token, text = tokens.make(alice, "nightly", by=alice)
    tokens.find(text)
    token.refresh_from_db()
    assert token.used_at is not None

    with django_assert_num_queries(1):
        tokens.find(text)


def test_a_token_stands_in_no_address_unless_it_was_made_for_that(
    alice: Person, hello: Application
) -> None:
    plain, _ = tokens.make(alice, "nightly", by=alice)
    made, _ = tokens.make(alice, "old bot", by=alice, applications=[hello], in_addresses=True)

    assert (plain.in_addresses, made.in_addresses) == (False, True)
    told = Change.objects.get(verb="token.made", subject=str(made)).new
    assert told.endswith("in hello, also in addresses")


def test_a_token_in_addresses_is_for_certain_apps(alice: Person) -> None:
    with pytest.raises(Invalid, match="choose them"):
        tokens.make(alice, "old bot", by=alice, in_addresses=True)
