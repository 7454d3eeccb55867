"""Everybody who typed to the bots of 2014 for years keeps their fingers."""

from __future__ import annotations

from pathlib import Path

import pytest

from bots.language import commands, parse

TEXT = Path(__file__).with_name("old_bots.txt").read_text(encoding="utf-8").splitlines()
LINES = [line for line in TEXT if not line.startswith("# ")]
MEANINGS = dict(zip(LINES[::2], (line.strip() for line in LINES[1::2]), strict=True))


@pytest.mark.parametrize("line", MEANINGS)
def test_an_old_line_means_what_it_meant(line: str) -> None:
    assert parse(f"hubot {line}", names=("shipmate", "hubot")) == eval(  # noqa: S307  our own file
        MEANINGS[line], vars(commands)
    )


@pytest.mark.parametrize(
    "line",
    [
        "deploy:lock! app",
        "deploy app to",
        "deploy app into staging",
        "deploy app to production now",
        "deploys app in staging and more",
        "deploy-token",
    ],
)
def test_what_was_silent_or_misread_is_answered(line: str) -> None:
    assert isinstance(parse(line, addressed=True), commands.NearMiss | commands.DeployToken)
