from __future__ import annotations

import pytest

from deployments.durations import duration


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (59.9, "59 s"),
        (64, "1 m 04 s"),
        (3599, "59 m 59 s"),
        (7500, "2 h 05 m"),
        (273_600, "3 d 4 h"),
        (-1, "0 s"),
    ],
)
def test_duration(seconds: float, text: str) -> None:
    assert duration(seconds) == text
