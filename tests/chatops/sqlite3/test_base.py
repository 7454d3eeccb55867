"""Threads that want to write take turns; a turn that never comes stops nobody."""

from __future__ import annotations

import os
import threading
import time

import pytest
from django.db import connection, transaction

from chatops.sqlite3 import base
from deployments.models import Person

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "sqlite", reason="other databases queue by themselves"),
]
WRITERS = 30


def write(number: int, took: list[float]) -> None:
    began = time.monotonic()
    try:
        with transaction.atomic():
            took.append(time.monotonic() - began)
            Person.objects.create(username=f"person-{number}")
            time.sleep(0.01)  # as somebody who has more to say
    finally:
        connection.close()


def test_who_waits_long_gets_their_turn_too() -> None:
    took: list[float] = []
    writers = [threading.Thread(target=write, args=(n, took)) for n in range(WRITERS)]

    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()

    assert Person.objects.count() == WRITERS
    assert len(took) == WRITERS


def test_one_thread_at_a_time_asks_for_the_lock() -> None:
    with transaction.atomic():
        other = threading.Thread(target=write, args=(1, []))
        other.start()
        time.sleep(0.1)

        assert base._turn.locked()

    other.join()
    assert not base._turn.locked()


def test_a_turn_that_does_not_come_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(base, "PATIENCE", 0.01)
    took: list[float] = []

    with base._turn:
        write(1, took)

    assert took[0] < 1


def test_a_forked_process_does_not_wait_for_threads_that_it_has_not() -> None:
    with base._turn:
        child = os.fork()
        if not child:
            os._exit(base._turn.locked())

    assert os.waitpid(child, 0)[1] == 0
