"""Lengths of time: in words, as every page and message writes them, and in classes. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from math import log2

STEPS = 4  # classes for each doubling: the middle of many is right to a tenth


def duration(seconds: float) -> str:
    """Say how long: 5 s, 1 m 04 s, 2 h 05 m, 3 d 4 h."""
    whole = max(0, int(seconds))
    minutes, left = divmod(whole, 60)
    hours, minutes_left = divmod(minutes, 60)
    days, hours_left = divmod(hours, 24)
    if minutes == 0:
        return f"{left} s"
    if hours == 0:
        return f"{minutes} m {left:02d} s"
    if days == 0:
        return f"{hours} h {minutes_left:02d} m"
    return f"{days} d {hours_left} h"


def class_of(seconds: float) -> str:
    """Return the class of a length of time; few of them tell many lengths apart."""
    return str(round(STEPS * log2(max(seconds, 1))))


def middle(classes: Mapping[str, int]) -> float | None:
    """Return the length in the middle, given how many fell into each class."""
    half = (sum(classes.values()) + 1) // 2
    for found in sorted(classes, key=int):
        half -= classes[found]
        if half <= 0:
            return float(2 ** (int(found) / STEPS))
    return None
