"""A command as a line that means the same."""

from __future__ import annotations

import pytest

from bots import spoken
from bots.language import commands
from bots.language.parser import parse


@pytest.mark.parametrize(
    "line",
    [
        "deploy web/v2 to production/web-1,db because it is time",
        "rollback web",
        "rollback web in production to #12",
        "status",
        "status web in qa",
        "deploys web/v2 in qa",
        "why web in qa",
        "diff web in qa",
    ],
)
def test_a_command_is_said_as_it_was(line: str) -> None:
    parsed = parse(line, addressed=True)

    assert isinstance(parsed, commands.Command)
    assert spoken.line(parsed) == line


def test_another_name_is_put_in_its_part() -> None:
    asked = commands.Deploy("web", environment="prodution")

    assert spoken.with_names(asked, "environment", ["production", "qa"]) == [
        "deploy web to production",
        "deploy web to qa",
    ]


def test_where_there_is_no_such_part_nothing_is_offered() -> None:
    assert spoken.with_names(commands.Log(12), "app", ["web"]) == []
    assert spoken.with_names(commands.Why(None), "environment", ["qa"]) == []
