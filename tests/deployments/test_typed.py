from __future__ import annotations

import pytest
from django.test import Client

from deployments import typed
from deployments.exceptions import Invalid
from deployments.models import Comment, Deployment, Environment, Lock, Person
from deployments.services import lifecycle, people
from deployments.services.lifecycle import Door
from tests.deployments import build

HOSTILE = "fix\x1b[31m it\u202e now\x07"
SEEN = "fix [31m it now"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (HOSTILE, SEEN),
        ("two\r\nlines\tand  spaces ", "two lines and spaces"),
        ("a\u2028b\u2066c\x85d", "a b c d"),
        ("ünï ☃ 👍🏽 العربية", "ünï ☃ 👍🏽 العربية"),
    ],
)
def test_a_line_has_nothing_that_nobody_sees(text: str, line: str) -> None:
    assert typed.line(text) == line


def test_lines_stay_lines() -> None:
    assert typed.lines(" one\r\n\ttwo\x1b\rthree\u202e\n") == "one\n\ttwo\nthree"


def test_a_reason_of_a_form_is_cleaned(as_alice: Client, qa: Environment) -> None:
    as_alice.post("/apps/hello/qa/deploy/", {"ref": "main", "why": HOSTILE})

    assert Deployment.objects.get().why == SEEN


def test_a_reason_of_a_lock_is_cleaned(as_alice: Client, qa: Environment) -> None:
    as_alice.post("/apps/hello/qa/lock/", {"reason": HOSTILE})

    assert Lock.objects.get().reason == SEEN


def test_a_comment_is_cleaned(as_alice: Client, alice: Person, qa: Environment) -> None:
    about = build.deployment(qa, alice, "a" * 40, status="failure")
    as_alice.post(f"/deployments/{about.pk}/comment/", {"text": f"{HOSTILE}\nmore"})

    assert Comment.objects.get().text == "fix[31m it now\nmore"


def test_a_name_is_cleaned(alice: Person) -> None:
    people.change_own(alice, name=HOSTILE, time_zone="UTC")

    alice.refresh_from_db()
    assert alice.name == SEEN


def test_a_reason_that_would_have_to_be_cut_is_refused(alice: Person, qa: Environment) -> None:
    door = Door(alice, "web")

    with pytest.raises(Invalid, match="at most 500 letters; this one has 501"):
        lifecycle.request(qa, "main", door, why="x" * 501)
    assert not Deployment.objects.exists()
