"""What was given up can be sent again, by administrators."""

from __future__ import annotations

import pytest

from bots import outgoing
from bots.models import ChatRoom, Outgoing
from bots.platforms.contract import Undelivered
from deployments.exceptions import NotAllowed
from deployments.models import Change, Person
from tests.bots.outgoing.sending import queue, the_row
from tests.bots.platforms.line import LinePlatform
from tests.deployments.services.queueing import drain

pytestmark = pytest.mark.slow


@pytest.fixture
def failed(line: LinePlatform, there: ChatRoom) -> Outgoing:
    line.breaks, line.error = iter(["before", ""]), Undelivered("No such room.", permanent=True)
    queue(there, "one")
    drain("chat")
    return the_row("one")


def test_what_was_given_up_can_be_sent_again(
    line: LinePlatform, failed: Outgoing, root: Person
) -> None:
    assert outgoing.send_again(Outgoing.objects.all(), root) == 1

    drain("chat")

    assert line.texts() == ["one"]
    change = Change.objects.get(verb="outgoing.again")
    assert (change.person, change.subject, change.new) == (root, "ops (line)", "1 message")


def test_sending_again_is_for_administrators(failed: Outgoing, dora: Person) -> None:
    with pytest.raises(NotAllowed):
        outgoing.send_again(Outgoing.objects.all(), dora)

    assert the_row("one").state == "failed"


def test_what_was_sent_is_not_sent_again(there: ChatRoom, root: Person) -> None:
    queue(there, "one")
    drain("chat")

    assert outgoing.send_again(Outgoing.objects.all(), root) == 0
    assert the_row("one").state == "sent"
    assert not Change.objects.filter(verb="outgoing.again").exists()
