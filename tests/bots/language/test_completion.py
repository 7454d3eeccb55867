"""What may stand where a text ends, from the table alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bots.language import commands, parse
from bots.language.completion import LONGEST, place
from bots.language.table import TABLE
from bots.language.words import STEP

NAMES = {
    "APP": "web", "ENV": "qa", "REF": "fix-login", "NUMBER": "812", "LENGTH": "2h", "SHA": "4f2c1a",
    "KEY": "REGION", "HOSTS": "web-1", "HOST": "web-1", "TASK": "migrations", "STATE": "failure",
    "PERSON": "ana", "WORD": "deploy",
}  # fmt: skip

ACTING = [one for one in TABLE if one.step <= STEP and not one.answers]
PASTED = ("deploy plan",)  # whoever has a plan's code brings it along


def fits(text: str, *, in_thread: bool = False) -> list[str]:
    """Return what fits, with the slots in capitals."""
    return [one.lead + one.slot for one in place(text, in_thread=in_thread).expected]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("dep", ["deploy", "deploys", "deploy:version", "deploy plan", "deploy-status"]),
        ("where", ["where can i deploy", "where is"]),
        ("deploy we", ["APP"]),
        ("deploy web/fi", ["web/REF"]),
        ("deploy web@v", ["web@REF"]),
        ("deploy web to p", ["ENV"]),
        ("deploy web t", ["to ENV", "KEY"]),
        ("deploy web to production/we", ["production/HOSTS"]),
        ("deploy:mi", ["deploy:TASK"]),
        ("promote web from qa ", ["to ENV"]),
        ("diff web qa ", ["ENV"]),
        ("log #8", ["#NUMBER"]),
        ("log #812 w", ["HOST"]),
        ("rollback web in qa ", ["to #NUMBER"]),
        ("search app:web st", ["state:"]),
        ("search app:web state:f", ["state:STATE"]),
        ("wcid ", ["APP"]),
        ("lock web f", ["for LENGTH"]),
    ],
)
def test_the_table_says_what_fits(text: str, wanted: list[str]) -> None:
    assert fits(text) == wanted


def test_what_was_said_before_is_known() -> None:
    (found,) = place("promote web from qa to ").expected

    assert dict(found.said) == {"APP": "web", "ENV": "qa"}


@pytest.mark.parametrize("text", ["shipmate ro", "@shipmate ro", "shipmate: ro", "/ro"])
def test_the_bot_may_be_called_by_name(text: str) -> None:
    assert fits(text) == ["rollback"]


def test_force_is_offered_to_nobody() -> None:
    assert not [one for text in ("", "deploy", "plan") for one in fits(text) if "!" in one]


@pytest.mark.parametrize("text", ["d", "I think", "deploy web because the fix", "one\ndeploy "])
def test_talk_is_left_alone(text: str) -> None:
    assert fits(text) == []


def test_a_threads_own_words_come_first_and_need_no_more() -> None:
    found = place("r", in_thread=True).expected

    assert [(one.lead, one.more) for one in found] == [
        ("retry", False),
        ("retry failed hosts", False),
        ("rollback", False),
        ("reject", True),
    ]
    assert fits("", in_thread=True)[0] == "retry"


def test_what_does_not_act_yet_is_not_offered() -> None:
    later = [pattern.name for pattern in TABLE if pattern.step > STEP]

    assert later
    assert not set(later) & set(fits(""))


@pytest.mark.parametrize("pattern", [one for one in ACTING if one.name not in PASTED])
def test_taking_what_is_offered_leads_to_a_line_that_acts(pattern) -> None:  # type: ignore[no-untyped-def]
    text = pattern.name
    while not isinstance(parse(text, addressed=True), commands.Command):
        expected = place(f"{text} ").expected[0]
        text += f" {expected.lead}{NAMES.get(expected.slot, '')}"
        assert len(text) < 100, text


@given(st.text(max_size=60), st.booleans())
def test_no_text_is_too_strange(text: str, in_thread: bool) -> None:
    assert text.endswith(place(text, in_thread=in_thread).typed)


def test_a_long_text_is_no_line() -> None:
    assert fits("deploy " * LONGEST) == []
