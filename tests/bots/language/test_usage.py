"""The table's own way of writing lines is read as it is meant."""

from __future__ import annotations

import pytest

from bots.language.table import TABLE
from bots.language.usage import Line, ways


def written(line: Line) -> str:
    """Return the way in which a line is written in full."""
    return " ".join("".join(piece.text for piece in item.shapes[0]) for item in line)


def test_what_may_be_left_out_is_there_and_is_not() -> None:
    assert [written(line) for line in ways("status [APP] [in ENV]")] == [
        "status APP in ENV",
        "status APP",
        "status in ENV",
        "status",
    ]


def test_a_part_of_a_word_may_be_left_out() -> None:
    (line,) = ways("deploy[:TASK][!] APP[/REF]")

    assert ["".join(piece.text for piece in shape) for shape in line[0].shapes] == [
        "deploy:TASK!",
        "deploy:TASK",
        "deploy!",
        "deploy",
    ]


def test_each_side_of_a_bar_is_a_way_of_its_own() -> None:
    lines = [written(line) for line in ways("where is SHA | where is [APP/]REF")]

    assert lines == ["where is SHA", "where is APP/REF"]


def test_fields_stand_in_any_order() -> None:
    ((first, fields), _) = ways("search [app:APP] [state:STATE]")

    assert first.literal == "search"
    assert fields.repeats
    assert len(fields.shapes) == 2


@pytest.mark.parametrize("usage", [pattern.usage for pattern in TABLE])
def test_every_line_of_the_table_can_be_read(usage: str) -> None:
    for line in ways(usage):
        assert line
        assert not set("[]|") & set(written(line))
