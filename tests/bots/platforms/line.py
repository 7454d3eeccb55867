"""A chat outside, made for tests: it remembers what arrived, and its line can be slow and break."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import pytest

from bots import platforms
from bots.messages import Message
from bots.platforms.contract import Abilities, Place, Undelivered
from bots.rendering import plain

NAME = "line"


@dataclass(frozen=True)
class Said:
    id: str
    place: Place
    text: str
    by: str = ""


class LinePlatform:
    abilities = Abilities(threads=True, edits=True, buttons=True, private=True)

    def __init__(self) -> None:
        self.said: dict[str, Said] = {}  # by their keys
        self.calls = 0
        self.seconds = 0.0  # that a call takes
        self.breaks: Iterator[str] = itertools.repeat("")  # "before" or "after" it arrives
        self.error: Exception = Undelivered("The chat is away.")
        self.meanwhile: Callable[[], None] | None = (
            None  # happens while the next call is on its way
        )
        self._lock = threading.Lock()

    def send(self, place: Place, message: Message, *, key: str, **given: Any) -> str:
        by = str(given.get("author") or "")
        with self._line():
            made = Said(str(len(self.said) + 1), place, plain.inline(message.parts), by)
            return self.said.setdefault(key, made).id

    def edit(self, place: Place, external_id: str, message: Message) -> None:
        with self._line():
            for key, said in self.said.items():
                if said.id == external_id:
                    self.said[key] = replace(said, text=plain.inline(message.parts))

    def texts(self, thread: str = "") -> list[str]:
        """Return what stands in the room, or in a thread, in the order in which it arrived."""
        return [said.text for said in list(self.said.values()) if said.place.thread == thread]

    @contextmanager
    def _line(self) -> Iterator[None]:
        with self._lock:
            self.calls += 1
            breaks = next(self.breaks)
        time.sleep(self.seconds)
        if breaks == "before":
            raise self.error
        meanwhile, self.meanwhile = self.meanwhile, None
        if meanwhile:
            meanwhile()
        with self._lock:
            yield
        if breaks == "after":
            raise self.error


@contextmanager
def connected(monkeypatch: pytest.MonkeyPatch) -> Iterator[LinePlatform]:
    """Have this platform among the others."""
    monkeypatch.setitem(platforms.PLATFORMS, NAME, f"{__name__}.LinePlatform")
    platforms.platform.cache_clear()
    made = platforms.platform(NAME)
    assert isinstance(made, LinePlatform)
    yield made
    platforms.platform.cache_clear()
