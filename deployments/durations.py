"""Lengths of time in words, as every page and message writes them. Pure."""

from __future__ import annotations


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
