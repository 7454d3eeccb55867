"""To ask and wait: a request may stay open until there is something to answer."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import BoundedSemaphore
from typing import TypeVar

from rest_framework import serializers
from rest_framework.request import Request

from deployments.api.authentication import still_good

T = TypeVar("T")
LONGEST = 10  # seconds; below the patience with which a server is stopped
EVERY = 0.25  # seconds between two looks
MOST = 8  # requests of one process that wait at once: each holds a thread that answers pages
_places = BoundedSemaphore(MOST)


def field() -> serializers.IntegerField:
    return serializers.IntegerField(
        min_value=0,
        max_value=LONGEST,
        default=0,
        help_text="Seconds to wait for something new, where there is nothing now.",
    )


def waited(
    request: Request, look: Callable[[], T], has_news: Callable[[T], bool], seconds: int
) -> T:
    """Look until there is news or the time is over. Where too many wait already, look once.

    Whoever waits is asked again at each look whether the token is good still.
    """
    found, until = look(), time.monotonic() + seconds
    if has_news(found) or not seconds or not _places.acquire(blocking=False):
        return found
    try:
        while not has_news(found) and time.monotonic() < until:
            time.sleep(EVERY)
            still_good(request)
            found = look()
        return found
    finally:
        _places.release()
