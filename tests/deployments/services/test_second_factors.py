"""Second factors: who owes one, and what is remembered of them."""

from __future__ import annotations

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret

from deployments.exceptions import Invalid, NotAllowed
from deployments.models import Change, Environment, Person, Role
from deployments.services import second_factors


def set_up(person: Person) -> str:
    secret: str = generate_totp_secret()
    TOTP.activate(person, secret)
    RecoveryCodes.activate(person)
    return secret


def test_its_secret_is_encrypted_at_rest(alice: Person) -> None:
    secret = set_up(alice)

    kept = Authenticator.objects.get(user=alice, type=Authenticator.Type.TOTP)

    assert secret not in str(kept.data)
    assert second_factors.has_one(alice)


def test_it_is_owed_from_the_role_on(alice: Person, dora: Person, root: Person) -> None:
    assert [second_factors.is_owed(each, "maintainer") for each in (alice, dora, root)] == [
        False,
        True,
        True,
    ]


def test_a_role_in_one_place_counts(alice: Person, qa: Environment) -> None:
    Role.objects.create(person=alice, name="maintainer", environment=qa)

    assert second_factors.is_owed(alice, "maintainer")


def test_who_has_one_owes_none(root: Person) -> None:
    set_up(root)

    assert not second_factors.is_owed(root, "admin")


def test_an_administrator_takes_it_away_for_who_lost_the_telephone(
    alice: Person, root: Person
) -> None:
    set_up(alice)

    second_factors.remove(alice, root)

    assert not Authenticator.objects.filter(user=alice).exists()
    change = Change.objects.get(verb="second_factor.removed")
    assert (change.person, change.subject) == (root, "alice")


def test_nobody_else_takes_it_away(alice: Person, dora: Person) -> None:
    set_up(alice)

    with pytest.raises(NotAllowed):
        second_factors.remove(alice, dora)


def test_what_is_not_there_is_not_taken_away(alice: Person, root: Person) -> None:
    with pytest.raises(Invalid, match="has no second factor"):
        second_factors.remove(alice, root)
