"""Health checks by HTTP, from the worker: each host's address is asked until it answers well."""

from __future__ import annotations

import queue
import time
from collections.abc import Callable, Generator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Event

import requests

from deployments import outbound

PAUSE = 1.0  # seconds between tries
WIDTH = 16


@dataclass(frozen=True)
class Told:
    """What came of one try; `over` with the last one of a host, `problem` if it was in vain."""

    host: str
    text: str
    over: bool = False
    problem: str = ""


def ask_all(urls: Mapping[str, str], seconds: int, tick: float) -> Generator[Told | None]:
    """Ask each host's address side by side; None comes after each `tick` without news.

    Closing the generator ends the asking.
    """
    stop = Event()
    news: queue.SimpleQueue[Told] = queue.SimpleQueue()
    with ThreadPoolExecutor(min(WIDTH, len(urls))) as pool:
        for host, url in urls.items():
            pool.submit(_ask_until, host, url, seconds, stop, news.put)
        left = len(urls)
        try:
            while left:
                told = _next(news, tick)
                left -= told is not None and told.over
                yield told
        finally:
            stop.set()
            pool.shutdown(wait=False, cancel_futures=True)


def _next(news: queue.SimpleQueue[Told], tick: float) -> Told | None:
    try:
        return news.get(timeout=tick)
    except queue.Empty:
        return None


def _ask_until(
    host: str, url: str, seconds: int, stop: Event, tell: Callable[[Told], None]
) -> None:
    until = time.monotonic() + seconds
    while True:
        fault = _ask(url)
        over = not fault or time.monotonic() > until or stop.is_set()
        said = f"GET {url} {fault or 'answers well'}"
        tell(Told(host, said, over, f"{said} ({host})" if over and fault else ""))
        if over:
            return
        stop.wait(PAUSE)


def _ask(url: str) -> str:
    """Return what was wrong, or nothing."""
    try:
        status = outbound.status(url, seconds=5)
    except (requests.RequestException, ValueError) as error:
        return f"failed: {type(error).__name__}"
    return "" if 200 <= status < 300 else f"answered {status}"
