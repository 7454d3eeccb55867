"""What has to end by a time, without a thread for each."""

from __future__ import annotations

import os
import threading
from contextlib import ExitStack

from deployments.runner.deadlines import Deadlines, deadlines

LONG = 60.0


def test_what_takes_too_long_is_acted_upon() -> None:
    late = threading.Event()

    with Deadlines().within(0.05, late.set):
        assert late.wait(30)


def test_what_ends_in_time_is_left_alone_and_forgotten() -> None:
    own, late, later = Deadlines(), threading.Event(), threading.Event()

    with own.within(0.05, late.set):
        pass
    with own.within(0.1, later.set):
        assert later.wait(30)

    assert not late.is_set()


def test_a_sooner_one_is_not_kept_waiting_by_those_before_it() -> None:
    own, soon = Deadlines(), threading.Event()

    with own.within(LONG, soon.clear), own.within(0.05, soon.set):
        assert soon.wait(30)


def test_one_thread_watches_all() -> None:
    own, before = Deadlines(), threading.active_count()

    with ExitStack() as stack:
        for _ in range(50):
            stack.enter_context(own.within(LONG, os.abort))

        assert threading.active_count() <= before + 1


def test_an_act_that_takes_its_time_holds_up_no_other() -> None:
    own, go, done = Deadlines(), threading.Event(), threading.Event()

    with own.within(0.02, lambda: go.wait(30)), own.within(0.05, done.set):
        assert done.wait(30)
    go.set()


def test_a_child_has_a_thread_of_its_own() -> None:
    with deadlines.within(LONG, os.abort):
        child = os.fork()
        if child == 0:
            late = threading.Event()
            with deadlines.within(0.05, late.set):
                os._exit(0 if late.wait(30) else 1)

    assert os.waitpid(child, 0)[1] == 0
