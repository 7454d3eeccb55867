"""What several threads ask for at once is done by one of them for all, in one go."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

Asked = TypeVar("Asked")
Answer = TypeVar("Answer")
MOST = 64  # in one go


@dataclass(eq=False)
class _Turn(Generic[Asked, Answer]):
    """One who asks; woken with an answer, or to lead the next round."""

    what: Asked
    woken: threading.Event = field(default_factory=threading.Event)
    leads: bool = False
    answer: Answer | Exception | None = None


class Together(Generic[Asked, Answer]):
    """Have done what is asked for, by whoever came first; who comes meanwhile waits for the next
    round. Nobody waits for others to come: who is alone is served at once.

    `do` returns an answer for each in their order; one that is an exception is raised for that one.
    """

    def __init__(self, do: Callable[[list[Asked]], list[Answer | Exception]]) -> None:
        self._do = do
        self._lock = threading.Lock()
        self._waiting: list[_Turn[Asked, Answer]] = []
        self._is_busy = False

    def ask(self, what: Asked) -> Answer:
        mine = _Turn[Asked, Answer](what)
        with self._lock:
            self._waiting.append(mine)
            mine.leads, self._is_busy = not self._is_busy, True
        if not mine.leads:
            mine.woken.wait()
        if mine.leads:
            self._lead()
        if isinstance(mine.answer, Exception):
            raise mine.answer
        assert mine.answer is not None  # noqa: S101  whoever is woken has one
        return mine.answer

    def _lead(self) -> None:
        """Serve everybody who waits, oneself among them; then let the next one lead."""
        with self._lock:
            served, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
        try:
            answers = self._do([one.what for one in served])
            for one, answer in zip(served, answers, strict=True):
                one.answer = answer
        except Exception as error:  # noqa: BLE001  it is raised for each of them
            for one in served:
                one.answer = error
        finally:
            self._hand_on(served)

    def _hand_on(self, served: list[_Turn[Asked, Answer]]) -> None:
        with self._lock:
            self._is_busy = bool(self._waiting)
            following = self._waiting[:1]
        for one in served:
            one.answer = RuntimeError("Nobody served it.") if one.answer is None else one.answer
            one.woken.set()
        for one in following:
            one.leads = True
            one.woken.set()
