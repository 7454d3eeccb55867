"""Charts as numbers: where each bar and line stands. The templates draw them as SVG.

Across, places are per cents, so that a chart fits any width; down, they are pixels.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise
from math import ceil

from deployments.durations import duration
from deployments.selectors.weeks import Weeks

TOP, BASE = 16, 140  # pixels from the top: the highest value, and nought
STEPS = 3  # lines above the base, or fewer
COUNTS = [n * 10**zeros for zeros in range(7) for n in (1, 2, 5)]
TIMES = [
    1,
    2,
    5,
    10,
    15,
    20,
    30,
    60,
    120,
    300,
    600,
    900,
    1_200,
    1_800,
    3_600,
    7_200,
    14_400,
    28_800,
]
PERCENT = (0, 25, 50, 75, 100)
GAP = 1.0  # pixels between the parts of a bar


@dataclass(frozen=True)
class Tick:
    y: float
    label: str


@dataclass(frozen=True)
class Part:
    number: int  # of its series, from 1: its shade
    y: float
    height: float


@dataclass(frozen=True)
class Bar:
    x: float
    width: float
    middle: float
    top: float
    total: int
    parts: list[Part]
    label: str
    title: str
    odd: bool


@dataclass(frozen=True)
class Bars:
    ticks: list[Tick]
    bars: list[Bar]
    axis: int = 34  # pixels for the numbers at the left
    height: int = BASE + 24
    base: int = BASE


@dataclass(frozen=True)
class Point:
    x: float
    y: float
    title: str


@dataclass(frozen=True)
class Segment:
    start: Point
    end: Point


@dataclass(frozen=True)
class Line:
    number: int
    name: str
    points: list[Point]
    segments: list[Segment]
    last: str  # the newest value, in words


@dataclass(frozen=True)
class Lines:
    ticks: list[Tick]
    lines: list[Line]
    labels: list[tuple[float, str, bool]] = field(default_factory=list)
    axis: int = 50
    height: int = BASE + 24
    base: int = BASE


def bars(weeks: Weeks) -> Bars:
    """Draw how many releases ended each week, by environment: what matters most at the bottom."""
    values = _scale(max((week.whole.total for week in weeks.weeks), default=0), COUNTS)
    top = values[-1]
    slot = 100 / len(weeks.weeks)
    drawn = []
    for place, week in enumerate(weeks.weeks):
        counts = [week.by_series[name].total for name in reversed(weeks.series)]
        parts = _stacked(counts, top)
        total = week.whole.total
        names = list(reversed(weeks.series))
        said = ", ".join(f"{n} {name}" for n, name in zip(counts, names, strict=True))
        drawn.append(
            Bar(
                x=round(slot * (place + 0.2), 2),
                width=round(slot * 0.6, 2),
                middle=round(slot * (place + 0.5), 2),
                top=_y(total, top) - 6,
                total=total,
                parts=parts,
                label=day(week.monday) if week.is_over else "so far",
                title=f"Week of {day(week.monday)}: {said}",
                odd=place % 2 == len(weeks.weeks) % 2,
            )
        )
    return Bars(_ticks(values, str), drawn)


def _stacked(counts: Sequence[int], top: int) -> list[Part]:
    parts, below = [], 0
    for number, count in enumerate(counts, 1):
        if count:
            y = _y(below + count, top)
            parts.append(Part(number, y, max(1.0, _y(below, top) - y - GAP)))
        below += count
    return parts


def share(weeks: Weeks) -> Lines:
    """Draw how many of a hundred succeeded each week."""
    values = [_said(week.whole.share, "{} %".format) for week in weeks.weeks]
    line = _line(1, "all", weeks, values, 100)
    return Lines(_ticks(PERCENT, "{} %".format), [line], _labels(weeks), axis=40)


def took(weeks: Weeks) -> Lines:
    """Draw how long those that succeeded took in the middle, by environment."""
    by_series = {
        name: [week.by_series[name].seconds for week in weeks.weeks] for name in weeks.series
    }
    known = [value for values in by_series.values() for value in values if value is not None]
    scale = _scale(max(known, default=0), TIMES)
    lines = [
        _line(number, name, weeks, [_said(v, duration) for v in values], scale[-1])
        for number, (name, values) in enumerate(reversed(by_series.items()), 1)
    ]
    drawn = [one for one in lines if one.points]
    return Lines(_ticks(scale, duration), drawn, _labels(weeks), axis=64)


def _said(value: float | None, words: Callable[[float], str]) -> tuple[float, str] | None:
    return None if value is None else (value, words(value))


def _line(
    number: int,
    name: str,
    weeks: Weeks,
    values: Sequence[tuple[float, str] | None],
    top: float,
) -> Line:
    """Put points where a value is known, and lines between those that follow each other."""
    places = [round(100 * (place + 0.5) / len(values), 2) for place in range(len(values))]
    points = [
        Point(x, _y(value[0], top), f"Week of {day(week.monday)}, {name}: {value[1]}")
        if value is not None
        else None
        for x, week, value in zip(places, weeks.weeks, values, strict=True)
    ]
    segments = [Segment(a, b) for a, b in pairwise(points) if a and b]
    last = next((value[1] for value in reversed(values) if value is not None), "")
    return Line(number, name, [point for point in points if point], segments, last)


def _labels(weeks: Weeks) -> list[tuple[float, str, bool]]:
    count = len(weeks.weeks)
    return [
        (round(100 * (place + 0.5) / count, 2), day(week.monday), place % 6 == 0)
        for place, week in enumerate(weeks.weeks)
        if place % 3 == 0
    ]


def day(monday: date) -> str:
    return f"{monday.day} {monday:%b}"


def _y(value: float, top: float) -> float:
    return round(BASE - (BASE - TOP) * value / top, 1)


def _scale(value: float, units: Sequence[int]) -> list[int]:
    """Return round numbers from nought to one that is not less than the value."""
    step = next((unit for unit in units if STEPS * unit >= value), units[-1])
    return [step * number for number in range(max(1, ceil(value / step)) + 1)]


def _ticks(values: Sequence[int], words: Callable[[int], str]) -> list[Tick]:
    return [Tick(_y(value, values[-1]), words(value)) for value in values]
