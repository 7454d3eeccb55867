"""Near misses of somebody whose applications and environments are known."""

from __future__ import annotations

from pathlib import Path

import pytest

from bots.language import Command, NearMiss, parse
from bots.language.names import Names, exists

NAMES = Names(
    {
        "web": ["production", "staging", "qa"],
        "api": ["production", "qa"],
        "billing": ["production"],
    },
    {"prod": "production", "stg": "staging"},
)
FILE = Path(__file__).with_name("near_misses.txt")


def fixtures() -> dict[str, list[str]]:
    """Return the lines of the file and what is offered for each."""
    found: dict[str, list[str]] = {}
    for line in FILE.read_text(encoding="utf-8").splitlines():
        if line.startswith("    "):
            found[list(found)[-1]].append(line.strip())
        elif line and not line.startswith("# "):
            found[line] = []
    return found


NEAR_MISSES = fixtures()


def test_there_are_many() -> None:
    assert len(NEAR_MISSES) > 200


@pytest.mark.parametrize("line", NEAR_MISSES)
def test_a_near_miss_is_answered_with_the_nearest_lines(line: str) -> None:
    answer = parse(line, addressed=True, known=lambda: NAMES)

    assert isinstance(answer, NearMiss)
    assert list(answer.suggestions) == NEAR_MISSES[line] != []


@pytest.mark.parametrize("line", NEAR_MISSES)
def test_what_is_offered_is_there_and_acts(line: str) -> None:
    for suggestion in NEAR_MISSES[line]:
        meant = parse(suggestion, addressed=True)

        assert isinstance(meant, Command)
        assert exists(meant, NAMES)


def test_names_are_looked_up_only_for_a_near_miss() -> None:
    def known() -> Names:
        raise AssertionError

    parse("deploy web to prodution", addressed=True, known=known)


def test_where_nothing_is_to_be_seen_nothing_is_named() -> None:
    answer = parse("deploy web into qa", addressed=True, known=lambda: Names({}))

    assert isinstance(answer, NearMiss)
    assert answer.suggestions == ("help",)


@pytest.mark.parametrize(
    "line", ["deploy web/fix now", "deploy! web/fix now", "deploy:x web/fix now"]
)
def test_a_suggestion_keeps_the_ref_the_task_and_the_force(line: str) -> None:
    answer = parse(line, addressed=True, known=lambda: NAMES)

    assert isinstance(answer, NearMiss)
    assert answer.suggestions[0] == line.removesuffix(" now")
