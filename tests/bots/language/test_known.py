"""Near misses of somebody whose applications and environments are known."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bots.language import Command, Deploy, Deploys, NearMiss, Plan, parse
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


TASKED = replace(
    NAMES, tasks={"web": ["cache", "migrations"], "api": [], "billing": []}.__getitem__
)


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("migrate web", ["deploy:migrations web"]),
        ("please migrate web", ["deploy:migrations web"]),
        ("migrate web in qa", ["deploy:migrations web to qa"]),
        ("run migrations on web qa", ["deploy:migrations web to qa"]),
        ("migrate", ["deploy:migrations web"]),
        ("caches web", ["deploy:cache web"]),
        ("migrate api", ["status api", "where can i deploy api", "deploys api"]),
        ("frobnicate web", ["status web", "where can i deploy web", "deploys web"]),
        ("frobnicate", ["help"]),
    ],
)
def test_a_word_that_is_no_verb_may_be_a_task(line: str, offered: list[str]) -> None:
    answer = parse(line, addressed=True, known=lambda: TASKED)

    assert isinstance(answer, NearMiss)
    assert list(answer.suggestions) == offered


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


# ---- Whatever is said ----

BRANCHES = ["main", "fix-login", "feature/checkout", "v2.1"]
KNOWING = Names(
    NAMES.apps,
    NAMES.aliases,
    refs=lambda app: BRANCHES,
    numbers=lambda verb, app, place: [812, 811],
)
PIECES = st.sampled_from(
    ["deploy", "deplyo", "deploy!", "deploy:x", "rollback", "retry", "lock", "promote", "diff",
     "plan", "why", "where", "is", "can", "i", "steal", "freeze", "web", "wbe", "api", "web/main",
     "web/fix-logn", "fix-login", "checkout", "to", "into", "ot", "from", "qa", "prodution", "prod",
     "stagin", "for", "two", "hours", "because", "please", "#812", "when", "green", "at", ":", "🚀",
     "approve", "web#12", "wen", "gren", "becuase", "hosts", "thx", "—", "nach", "4f2c1a9", "https://git.test/acme/web"]
)  # fmt: skip


@given(st.lists(PIECES, min_size=1, max_size=8))
def test_whatever_is_offered_can_be_done_and_names_what_is_there(words: list[str]) -> None:
    line = " ".join(words)
    answer = parse(line, addressed=True, known=lambda: KNOWING)

    if isinstance(answer, NearMiss):
        assert answer.suggestions
        for suggestion in answer.suggestions:
            meant = parse(suggestion, addressed=True)
            assert isinstance(meant, Command)
            assert exists(meant, KNOWING, line)
            wanted = meant.deploy if isinstance(meant, Plan) else meant
            ref = wanted.ref if isinstance(wanted, Deploy | Deploys) else None
            is_said = f"/{ref}" in line or f"web{ref}" in line or ref in words
            assert is_said or ref in (*BRANCHES, "4f2c1a9", None)


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("deploy web fix-logn to qa", "deploy web/fix-login to qa"),
        ("deploy web thx qa", "deploy web to qa"),
        ("deploy checkout to qa now", "deploy web/feature/checkout to qa"),
        ("retry last", "retry #812"),
        ("logs web", "log #812"),
        ("#812", "show #812"),
        ("4f2c1a9", "where is 4f2c1a9"),
        ("promote web from staging", "promote web from staging to production"),
        ("roll out web to qa", "deploy web to qa"),
        ("undeploy web", "rollback web"),
    ],
)
def test_branches_and_numbers_that_are_there_are_offered(line: str, offered: str) -> None:
    answer = parse(line, addressed=True, known=lambda: KNOWING)

    assert isinstance(answer, NearMiss)
    assert answer.suggestions[0] == offered


def test_no_branch_is_offered_that_is_not_there() -> None:
    answer = parse("deploy web production", addressed=True, known=lambda: KNOWING)

    assert isinstance(answer, NearMiss)
    assert answer.suggestions == ("deploy web to production",)
