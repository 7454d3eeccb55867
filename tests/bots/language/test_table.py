from __future__ import annotations

import pytest

from bots.language import NearMiss, NotACommand, NotYet, help_lines, parse, reserved
from bots.language.table import TABLE, plural, spoken

ACTING = [pattern for pattern in TABLE if pattern.step == 1]


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
    assert [usage.split()[0] for usage, _ in help_lines("Deploy")] == ["deploy", "deploy:version"]


def test_an_alias_is_helped_too() -> None:
    assert help_lines("deployments") == help_lines("deploys") != []


@pytest.mark.parametrize("word", ["plan", "zebra", "deploy web"])
def test_help_about_anything_else_lists_nothing(word: str) -> None:
    assert help_lines(word) == []


def test_help_speaks_the_teams_verb() -> None:
    usages = [usage for usage, _ in help_lines(verb="ship")]

    assert usages[0].startswith("ship APP")
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
