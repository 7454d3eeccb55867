"""How many workers of a cluster wait for a task."""

from __future__ import annotations

import threading

import pytest

from chatops.handing import Handing


@pytest.fixture
def handing() -> Handing:
    return Handing(1)


def ask(handing: Handing) -> threading.Thread:
    """Ask for a task, as a worker does."""
    worker = threading.Thread(target=handing.get, daemon=True)
    worker.start()
    return worker


def test_nobody_waits_at_first(handing: Handing) -> None:
    assert not handing.wait(0)


def test_who_asked_waits_until_a_task_is_there(handing: Handing) -> None:
    worker = ask(handing)

    assert handing.wait(30) and handing.wait(0)
    handing.put("task")
    worker.join(30)
    assert not handing.wait(0)


def test_of_several_each_gets_one(handing: Handing) -> None:
    workers = [ask(handing) for _ in range(3)]

    for _ in workers:
        assert handing.wait(30)
        handing.put("task")

    for worker in workers:
        worker.join(30)
    assert not handing.wait(0)


def test_more_than_were_asked_for_are_given_before_the_next(handing: Handing) -> None:
    first = ask(handing)
    assert handing.wait(30)
    handing.put("one")
    first.join(30)
    handing.put("two")

    ask(handing).join(30)

    assert not handing.wait(0)
