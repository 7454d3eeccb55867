"""Lines that are understood and that nothing does yet: said so, and nothing happens."""

from __future__ import annotations

import pytest

from bots.receive import receive
from bots.rendering import plain
from bots.speaker import Speaker
from deployments.models import Deployment, Environment, Person


@pytest.fixture
def speaker(alice: Person, qa: Environment) -> Speaker:
    return Speaker(person=alice, via="chat", place="here")


@pytest.mark.parametrize(
    "line",
    [
        "deploy hello#12 to qa after 20m",
        "deploy hello to qa at 03:00",
        "steal hello in qa",
        "freezes",
        "graph list",
    ],
)
def test_what_cannot_be_done_yet_is_said_and_not_half_done(line: str, speaker: Speaker) -> None:
    answer = receive(line, speaker)

    assert answer is not None
    assert "cannot do this yet" in plain.render(answer)
    assert not Deployment.objects.exists()
