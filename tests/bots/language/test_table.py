from __future__ import annotations

from pathlib import Path

import pytest

from bots.handlers import HANDLERS
from bots.language import NearMiss, NotACommand, NotYet, commands, help_lines, parse, reserved
from bots.language.clauses import SMALL_WORDS
from bots.language.documentation import documentation
from bots.language.table import TABLE, unspoken
from bots.language.words import STEP
from deployments.lines import plural, spoken
from deployments.models.names import RESERVED

ACTING = [pattern for pattern in TABLE if pattern.step <= STEP]


@pytest.mark.parametrize("pattern", ACTING, ids=lambda pattern: pattern.name)
def test_the_example_of_each_line_acts(pattern) -> None:  # type: ignore[no-untyped-def]
    answer = parse(pattern.example, addressed=True)

    assert not isinstance(answer, NearMiss | NotYet | NotACommand)


@pytest.mark.parametrize("pattern", ACTING, ids=lambda pattern: pattern.name)
def test_each_line_that_acts_is_explained(pattern) -> None:  # type: ignore[no-untyped-def]
    assert pattern.help
    assert (pattern.usage, pattern.help) in help_lines()


def test_help_lists_only_what_acts() -> None:
    assert [usage for usage, _ in help_lines()] == [pattern.usage for pattern in ACTING]


def test_help_about_a_word_lists_its_lines() -> None:
    assert [usage.split(" APP")[0] for usage, _ in help_lines("Deploy")] == [
        "deploy[:TASK][!]",
        "deploy:version",
        "deploy plan CODE",
        "lock",
        "unlock",
    ]


def test_an_alias_is_helped_too() -> None:
    assert help_lines("deployments") == help_lines("deploys") != []


@pytest.mark.parametrize("word", ["freezes", "zebra", "deploy web"])
def test_help_about_anything_else_lists_nothing(word: str) -> None:
    assert help_lines(word) == []


def test_help_speaks_the_teams_verb() -> None:
    usages = [usage for usage, _ in help_lines(verb="ship")]

    assert usages[0].startswith("ship[:TASK]")
    assert not [usage for usage in usages if "deploy" in usage]


def test_a_renamed_verb_leaves_other_words_alone() -> None:
    assert spoken("deploy deploys deployment", "push") == "push pushes deployment"


@pytest.mark.parametrize(
    ("verb", "many"),
    [("ship", "ships"), ("push", "pushes"), ("fly", "flies"), ("deploy", "deploys")],
)
def test_the_plural_follows_the_verb(verb: str, many: str) -> None:
    assert plural(verb) == many


def test_no_two_lines_begin_alike() -> None:
    beginnings = [head for pattern in TABLE for head in pattern.heads]

    assert len(beginnings) == len(set(beginnings))


def test_every_verb_is_reserved() -> None:
    assert {"deploy", "deploys", "plan", "where", "yes", "to", "because"} <= reserved()


def test_every_first_word_is_a_name_that_no_app_can_have() -> None:
    first = {head.partition(" ")[0].partition(":")[0] for p in TABLE for head in p.heads}

    assert first - {"deploy-status", "deploy-token"} <= RESERVED
    assert set(SMALL_WORDS) <= RESERVED


def test_the_teams_verb_is_read_back() -> None:
    assert unspoken("where can i ship", "ship") == "where can i deploy"
    assert unspoken("pushes", "push") == "deploys"


def test_the_documentation_is_made_from_the_table() -> None:
    page = Path(__file__).resolve().parents[3] / "docs" / "commands.md"

    assert page.read_text(encoding="utf-8") == documentation()


@pytest.mark.parametrize("pattern", ACTING, ids=lambda pattern: pattern.name)
def test_whatever_acts_has_a_handler(pattern) -> None:  # type: ignore[no-untyped-def]
    command = parse(pattern.example, addressed=True)

    assert type(command) in {*HANDLERS, commands.Yes}
