"""Tokens: made by those who deploy, found by their text, ended by their owner."""

from __future__ import annotations

import pytest

from deployments.exceptions import Invalid, NotAllowed
from deployments.models import ApiToken, Change, Person
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
