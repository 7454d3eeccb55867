"""A room outside, over a line that can break, and a deployment to tell there."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bots.models import ChatRoom
from deployments.models import Deployment, Environment, Person
from tests.bots.platforms import line as lines
from tests.bots.platforms.line import LinePlatform
from tests.deployments import build

SHA = "a" * 40


@pytest.fixture
def line(monkeypatch: pytest.MonkeyPatch) -> Iterator[LinePlatform]:
    with lines.connected(monkeypatch) as connected:
        yield connected


@pytest.fixture
def there(line: LinePlatform, db: None) -> ChatRoom:
    """A room outside."""
    return ChatRoom.objects.create(platform=lines.NAME, external_id="C1", name="ops")


@pytest.fixture
def deployment(there: ChatRoom, qa: Environment, alice: Person) -> Deployment:
    return build.deployment(qa, alice, SHA, status="queued")
