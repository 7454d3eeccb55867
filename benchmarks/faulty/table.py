"""What was found, as a table for a terminal and for the documentation."""

from __future__ import annotations

import os
import platform
import statistics
from pathlib import Path
from typing import Any

BEGIN, END = "<!-- table -->", "<!-- end of table -->"
HEAD = ("fault", "moments", "while it ran", "in phases", "right", "to the end, median", "longest")


def rows(found: list[dict[str, Any]]) -> list[tuple[str, ...]]:
    return [
        (
            one["words"],
            str(one["moments"]),
            str(one["hit"]),
            str(len(one["phases"])),
            f"{one['right']} of {one['moments']}",
            f"{statistics.median(one['seconds']):.1f} s",
            f"{max(one['seconds']):.1f} s",
        )
        for one in found
    ]


def line(one: dict[str, Any]) -> str:
    """Say how one fault went, as soon as that is known."""
    return "  ".join([one["name"].ljust(16), *rows([one])[0][1:], str(one["ends"])])


def plain(found: list[dict[str, Any]]) -> str:
    lines = [HEAD, *rows(found)]
    widths = [max(len(line[n]) for line in lines) for n in range(len(HEAD))]
    shown = [
        "  ".join(cell.ljust(w) for cell, w in zip(line, widths, strict=True)) for line in lines
    ]
    return "\n".join([*shown, *(f"! {text}" for text in problems(found))])


def problems(found: list[dict[str, Any]]) -> list[str]:
    return [f"{one['name']}: {text}" for one in found for text in one["problems"]]


def markdown(found: list[dict[str, Any]]) -> str:
    lines = [HEAD, ("---", *["--:"] * 6), *rows(found)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def write(file: Path, found: list[dict[str, Any]], *, seed: int) -> None:
    """Put the table between the marks in a page of the documentation."""
    before, begin, rest = file.read_text(encoding="utf-8").partition(BEGIN)
    _, end, after = rest.partition(END)
    if not end:
        raise ValueError(f"{file} has no place for the table between {BEGIN} and {END}")
    said = f"\n\n{markdown(found)}\nSeed {seed}, {_machine()}.\n\n"
    file.write_text(before + begin + said + end + after, encoding="utf-8")


def _machine() -> str:
    return f"{os.cpu_count()} cores, {platform.system()} {platform.release()}"
