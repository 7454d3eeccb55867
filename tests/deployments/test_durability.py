"""What a commit waits for."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import connection, transaction

from deployments.durability import ASK, SAY, redone_if_lost
from deployments.models import Person

pytestmark = pytest.mark.django_db(transaction=True)

WAITS = {"sqlite": 2, "postgresql": "on"}
GOES_ON = {"sqlite": 1, "postgresql": "off"}


@pytest.fixture(autouse=True)
def as_installed(transactional_db: None) -> Iterator[None]:
    """Wait for the disk, as an installation does and tests do not."""
    with connection.cursor() as cursor:
        cursor.execute(SAY[connection.vendor].format(WAITS[connection.vendor]))
    yield
    connection.close()


def how() -> object:
    with connection.cursor() as cursor:
        cursor.execute(ASK[connection.vendor])
        return cursor.fetchone()[0]


def test_what_is_redone_if_lost_does_not_wait_and_is_there() -> None:
    with redone_if_lost():
        assert how() == GOES_ON[connection.vendor]
        Person.objects.create(username="alice")

    assert Person.objects.filter(username="alice").exists()
    assert how() == WAITS[connection.vendor]


def test_a_failure_leaves_the_next_commit_as_ever() -> None:
    with pytest.raises(ValueError, match="no"), redone_if_lost():
        raise ValueError("no")

    assert how() == WAITS[connection.vendor]


def test_within_a_transaction_its_own_commit_decides() -> None:
    with transaction.atomic(), redone_if_lost():
        Person.objects.create(username="alice")
        assert how() == WAITS[connection.vendor]


def test_a_connection_that_broke_meanwhile_is_opened_anew() -> None:
    with redone_if_lost():
        connection.connection.close()

    assert how() != GOES_ON[connection.vendor]
