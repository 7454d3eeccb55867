"""What happened is remembered with what makes it true, and whoever follows hears of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import transaction

from deployments import changes
from deployments.models import Change, Environment
from tests.deployments import build


@pytest.fixture
def heard() -> Iterator[list[Change]]:
    """What somebody who follows has heard."""
    found: list[Change] = []
    changes.subscribe(found.append)
    yield found
    changes._handlers.pop()


@pytest.fixture
def here(db: None) -> Environment:
    return build.environment(build.application("plain", Path("/nowhere/plain.git")), "here")


@pytest.mark.django_db
def test_whoever_follows_hears_it(heard: list[Change]) -> None:
    change = changes.record("something.happened", subject="web-1")

    assert heard == [change]


@pytest.mark.django_db
def test_who_subscribes_twice_hears_it_once(heard: list[Change]) -> None:
    changes.subscribe(heard.append)

    changes.record("something.happened")

    assert len(heard) == 1


@pytest.mark.django_db(transaction=True)
def test_outside_of_a_transaction_nothing_is_remembered() -> None:
    with pytest.raises(RuntimeError, match="inside the transaction"):
        changes.record("something.happened")

    assert not Change.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_what_did_not_commit_did_not_happen(heard: list[Change]) -> None:
    with transaction.atomic():
        changes.record("something.happened")
        transaction.set_rollback(True)

    assert len(heard) == 1
    assert not Change.objects.exists()


@pytest.mark.django_db
def test_the_place_is_filled_in_from_what_it_is_about(here: Environment) -> None:
    deployment = build.deployment(here, build.person("alice"), "a" * 40)

    change = changes.record("something.happened", deployment=deployment)

    assert (change.environment, change.application) == (here, here.application)


@pytest.mark.django_db
def test_long_values_are_cut_and_notes_are_not() -> None:
    change = changes.record("x", subject="s" * 300, old="o" * 300, new="n" * 300, note="m" * 300)

    assert [len(v) for v in (change.subject, change.old, change.new)] == [200] * 3
    assert len(change.note) == 300
