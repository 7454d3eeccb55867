"""Threads that never begin."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from chatops import beginnings
from deployments.runner.room import is_want_of_room


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    usual = threading.Thread.start
    monkeypatch.setattr(beginnings, "PATIENCE", 0.2)
    beginnings.set_up()
    yield
    threading.Thread.start = usual  # type: ignore[method-assign]


class Stillborn(threading.Thread):
    """Dies as one does that has no memory for its first step: without a word."""

    def _bootstrap(self) -> None:
        return None


class Late(threading.Thread):
    """Begins long after it was asked to."""

    def __init__(self, ran: threading.Event, go: threading.Event) -> None:
        super().__init__(daemon=True, target=ran.set)
        self.go, self.over = go, threading.Event()

    def _bootstrap(self) -> None:
        self.go.wait(30)
        self.run()
        self.over.set()


def test_one_that_never_begins_is_not_waited_for_for_ever() -> None:
    with pytest.raises(RuntimeError) as told:
        Stillborn().start()

    assert is_want_of_room(told.value)


def test_one_that_begins_late_does_nothing() -> None:
    ran, go = threading.Event(), threading.Event()
    late = Late(ran, go)
    with pytest.raises(RuntimeError):
        late.start()

    go.set()

    assert late.over.wait(30)
    assert not ran.is_set()


def test_all_others_run_as_ever() -> None:
    ran = threading.Event()
    thread = threading.Thread(target=ran.set)

    thread.start()
    thread.join(30)

    assert ran.is_set()
    with pytest.raises(RuntimeError, match="only be started once"):
        thread.start()
