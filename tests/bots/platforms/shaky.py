"""A platform whose line breaks: before a message arrives, or after, when it is not confirmed."""

from __future__ import annotations

import itertools
import threading
from typing import Any

from bots.messages import Message
from bots.platforms.contract import Place
from bots.platforms.flow import FlowPlatform


class Broken(Exception):
    """The line broke."""


class ShakyPlatform(FlowPlatform):
    """The built-in chat behind such a line. Of five calls one fails before, one after."""

    def __init__(self) -> None:
        self._calls = itertools.count(1)
        self._counting = threading.Lock()

    def send(self, place: Place, message: Message, **given: Any) -> str:
        call = self._call()
        if call == 2:
            raise Broken
        sent = super().send(place, message, **given)
        if call == 4:
            raise Broken
        return sent

    def edit(self, place: Place, external_id: str, message: Message) -> None:
        if self._call() == 3:
            raise Broken
        super().edit(place, external_id, message)

    def _call(self) -> int:
        with self._counting:
            return next(self._calls) % 5
