"""What a terminal makes of its output."""

from __future__ import annotations

from deployments.terminal import overwritten, plain


def test_plain_takes_all_sequences_out() -> None:
    assert plain("\x1b[1;31mred\x1b[0m \x1b]0;t\x07end") == "red end"


def test_a_progress_bar_shows_its_last_state() -> None:
    assert overwritten("10 %\r50 %\r100 %\r") == "100 %"
