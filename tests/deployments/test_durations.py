from __future__ import annotations

import pytest

from deployments.durations import class_of, duration, middle


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


@pytest.mark.parametrize("seconds", [1, 7, 72, 1800, 90_000])
def test_a_class_tells_a_length_to_a_tenth(seconds: float) -> None:
    assert middle({class_of(seconds): 1}) == pytest.approx(seconds, rel=0.1)


def test_the_middle_of_classes() -> None:
    found = {class_of(10): 2, class_of(60): 3, class_of(600): 1}

    assert middle(found) == pytest.approx(60, rel=0.1)
    assert middle({}) is None
