"""Whether a machine has the keys that the others have."""

from __future__ import annotations

import pytest
from cryptography.fernet import Fernet
from pytest_django import Settings

from chatops import checks
from deployments.services import shared_keys

pytestmark = pytest.mark.django_db
OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()


@pytest.fixture(autouse=True)
def first(settings: Settings) -> Settings:
    """A first machine was there, with these keys."""
    settings.SECRET_KEY = "the first machine's"
    settings.SHIPMATE_FERNET_KEYS = [OLD]
    shared_keys.remember()
    return settings


def said() -> list[str | None]:
    return [message.id for message in checks.keys(databases=["default"])]


def test_a_machine_with_the_same_keys_is_not_blamed() -> None:
    shared_keys.remember()

    assert said() == []


def test_another_key_for_signing_is_said(first: Settings) -> None:
    first.SECRET_KEY = "made by itself"
    shared_keys.remember()

    assert said() == ["shipmate.E020"]


def test_another_key_for_secrets_is_said(first: Settings) -> None:
    first.SHIPMATE_FERNET_KEYS = [NEW]
    shared_keys.remember()

    assert said() == ["shipmate.E021"]


def test_what_to_do_stands_beside_it(first: Settings) -> None:
    first.SECRET_KEY = "made by itself"

    (message,) = checks.keys(databases=["default"])

    assert "manage.py keys --renew" in str(message.hint)


def test_a_machine_with_both_keys_and_one_with_the_old_go_together(first: Settings) -> None:
    first.SHIPMATE_FERNET_KEYS = [OLD, NEW]
    shared_keys.remember()
    assert said() == []

    first.SHIPMATE_FERNET_KEYS = [OLD]
    assert said() == []


def test_once_the_new_key_writes_who_lacks_it_is_told(first: Settings) -> None:
    first.SHIPMATE_FERNET_KEYS = [NEW, OLD]
    shared_keys.remember()
    assert said() == []

    first.SHIPMATE_FERNET_KEYS = [OLD]
    assert said() == ["shipmate.E021"]


def test_changed_on_purpose_they_are_the_installations(first: Settings) -> None:
    first.SECRET_KEY, first.SHIPMATE_FERNET_KEYS = "new", [NEW]

    shared_keys.renew()

    assert said() == []


def test_where_no_database_is_asked_nothing_is_said(first: Settings) -> None:
    first.SECRET_KEY = "made by itself"

    assert checks.keys() == []
