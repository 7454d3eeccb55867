"""Secrets at rest: keys can rotate, and a mark shows nothing."""

from __future__ import annotations

import pytest
from cryptography.fernet import Fernet
from pytest_django import Settings

from deployments import vault
from deployments.exceptions import DeploymentError

OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()


@pytest.fixture(autouse=True)
def _old_key(settings: Settings) -> None:
    settings.SHIPMATE_FERNET_KEYS = [OLD]


def test_what_goes_in_comes_out() -> None:
    assert vault.decrypt(vault.encrypt("schlüssel\n")) == "schlüssel\n"


def test_the_same_text_is_encrypted_otherwise_each_time() -> None:
    assert vault.encrypt("hunter2") != vault.encrypt("hunter2")


def test_a_new_key_in_front_reads_what_the_old_one_wrote(settings: Settings) -> None:
    data = vault.encrypt("hunter2")
    settings.SHIPMATE_FERNET_KEYS = [NEW, OLD]

    assert vault.decrypt(memoryview(data)) == "hunter2"


def test_what_was_rotated_needs_the_old_key_no_more(settings: Settings) -> None:
    data = vault.encrypt("hunter2")
    settings.SHIPMATE_FERNET_KEYS = [NEW, OLD]
    data = vault.rotate(data)
    settings.SHIPMATE_FERNET_KEYS = [NEW]

    assert vault.decrypt(data) == "hunter2"


def test_a_key_that_is_gone_is_said_and_the_secret_is_not_guessed(settings: Settings) -> None:
    data = vault.encrypt("hunter2")
    settings.SHIPMATE_FERNET_KEYS = [NEW]

    with pytest.raises(DeploymentError, match="SHIPMATE_FERNET_KEYS") as refused:
        vault.decrypt(data)
    assert refused.value.code == "settings"


def test_a_mark_tells_values_apart_and_nothing_of_them() -> None:
    mark = vault.fingerprint("hunter2")

    assert mark == vault.fingerprint("hunter2") != vault.fingerprint("hunter3")
    assert len(mark) == 12
    assert "hunter" not in mark


def test_a_mark_cannot_be_made_without_the_key_of_this_installation(settings: Settings) -> None:
    mark = vault.fingerprint("hunter2")
    settings.SECRET_KEY = "another installation's key"

    assert vault.fingerprint("hunter2") != mark
