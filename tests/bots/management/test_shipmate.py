"""Lines on the command line: manage.py shipmate "deploy hello to qa" --as alice."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from bots.models import ChatRoom, Room
from deployments.models import Application, Deployment, Person
from tests.bots.talking import the_deployment

pytestmark = pytest.mark.usefixtures("hello")


def shipmate(line: str, name: str = "alice") -> str:
    out = StringIO()
    call_command("shipmate", line, f"--as={name}", stdout=out)
    return out.getvalue()


def refused(line: str, name: str = "alice") -> str:
    """Return what is said before it ends with a status other than 0."""
    out = StringIO()
    with pytest.raises(CommandError):
        call_command("shipmate", line, f"--as={name}", stdout=out)
    return out.getvalue()


def test_a_line_is_said_as_somebody(alice: Person) -> None:
    assert "http://127.0.0.1:8000/deployments/" in shipmate("deploy hello to qa")
    assert (the_deployment().person, the_deployment().via) == (alice, "command")


def test_a_refusal_is_printed_and_fails(bob: Person) -> None:
    assert "Bob may not deploy to hello/qa" in refused("deploy hello to qa", "bob")


@pytest.mark.parametrize("line", ["deploy hello to prodution", "zebra", "", "promote hello"])
def test_what_is_not_done_fails(line: str, alice: Person) -> None:
    assert refused(line)
    assert not Deployment.objects.exists()


def test_a_question_is_answered_by_the_next_line(alice: Person) -> None:
    assert "to production?" in shipmate("deploy hello")

    shipmate("yes")

    assert the_deployment().environment.name == "production"


def test_nobody_speaks_as_a_stranger_or_as_somebody_switched_off(charlie: Person) -> None:
    for name in ("nobody", "charlie"):
        with pytest.raises(CommandError, match="Nobody here signs in"):
            shipmate("status", name)


def test_a_room_is_made_once(hello: Application) -> None:
    for _ in range(2):
        call_command("make_room", "ops", name="Operations", stdout=StringIO())

    assert [room.name for room in Room.objects.all()] == ["Operations"]
    assert ChatRoom.objects.get().external_id == "ops"
