"""Threads that work off jobs: each host has its last word, or it is said that it has none."""

from __future__ import annotations

import threading
import time

import pytest

from deployments.runner import flow as flows
from deployments.runner.flow import Done, Flow, ThreadLost
from deployments.runner.follow import Outcome

pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")


def well() -> Outcome:
    return Outcome("ended", 0)


def vanish() -> Outcome:
    """End as a thread does that finds no memory where it would say so."""
    raise SystemExit


def test_each_job_has_its_last_word() -> None:
    flow = Flow()
    flow.add({"web-1": well, "web-2": well}, Done, 1)

    hosts = [event.host for event in flow.events(0.1) if event is not None]

    assert sorted(hosts) == ["web-1", "web-2"]


def test_a_thread_that_hangs_is_not_waited_for_without_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(flows, "STANDSTILL", 0.2)
    flow, never = Flow(), threading.Event()
    flow.add({"web-1": lambda: hang(never), "web-2": well}, Done, 2)

    with pytest.raises(ThreadLost):
        list(flow.events(0.1))

    never.set()


def hang(never: threading.Event) -> Outcome:
    never.wait(60)
    return well()


def test_one_that_gives_signs_may_take_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flows, "STANDSTILL", 1.0)
    flow = Flow()

    def slow() -> Outcome:
        for _ in range(20):
            flow.sign()
            time.sleep(0.1)
        return well()

    flow.add({"web-1": slow}, Done, 1)

    assert Done("web-1", well()) in list(flow.events(0.1))


def test_a_thread_that_vanished_is_not_waited_for_without_end() -> None:
    flow = Flow()
    flow.add({"web-1": vanish, "web-2": well}, Done, 2)

    with pytest.raises(ThreadLost):
        list(flow.events(0.1))


@pytest.mark.parametrize(
    "error",
    [OSError(24, "Too many open files"), MemoryError(), RuntimeError("can't start new thread")],
)
def test_what_this_machine_lacks_is_told_of_no_host(error: Exception) -> None:
    flow = Flow()

    def want() -> Outcome:
        raise error

    flow.add({"web-1": want}, Done, 1)

    with pytest.raises(type(error)):
        list(flow.events(0.1))
