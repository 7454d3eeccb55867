"""A room of the built-in chat with alice, who may deploy, and bob, who may look."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bots import bells, rooms
from bots.models import Room
from deployments.models import Application, Person
from tests.bots.talking import Talk
from tests.deployments.conftest import (  # noqa: F401  the same people and the same app
    alice,
    as_alice,
    as_bob,
    as_dora,
    bob,
    charlie,
    dora,
    hello,
    hub,
    production,
    qa,
    repository,
    root,
)


@pytest.fixture(autouse=True)
def _fresh_bells() -> Iterator[None]:
    yield
    bells.forget()


@pytest.fixture
def room(db: None) -> Room:
    return rooms.make("deploys")


@pytest.fixture
def say(alice: Person, room: Room, hello: Application) -> Talk:  # noqa: F811
    """Alice, in the room: `say("deploy hello to qa")` returns what the bot said."""
    return Talk(alice, room)
