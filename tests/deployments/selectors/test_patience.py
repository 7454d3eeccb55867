"""What takes too long is ended, and everything goes on as before."""

from __future__ import annotations

import time

import pytest
from django.db import connection

from deployments.selectors import patience
from deployments.selectors.patience import TookTooLong, asking, limited

ENDLESS = {
    "sqlite": (
        "WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n"
    ),
    "postgresql": "SELECT pg_sleep(600)",
}


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch, transactional_db: None) -> None:
    monkeypatch.setattr(patience, "EACH", 0.05)


def answer(question: str) -> object:
    with connection.cursor() as cursor:
        cursor.execute(question)
        return cursor.fetchone()[0]


def test_what_takes_too_long_is_ended(hurried: None) -> None:
    with limited(), pytest.raises(TookTooLong), asking():
        answer(ENDLESS[connection.vendor])


def test_the_next_question_is_answered(hurried: None) -> None:
    with limited():
        with pytest.raises(TookTooLong), asking():
            answer(ENDLESS[connection.vendor])

        with asking():
            assert answer("SELECT 7") == 7


def test_whoever_asks_without_it_waits_as_long_as_it_takes(hurried: None) -> None:
    begun = time.monotonic()
    with limited(), asking():
        answer("SELECT 7")

    while time.monotonic() - begun < 3 * patience.EACH:
        assert answer("SELECT 7") == 7
    if connection.vendor == "postgresql":
        assert [answer(f"SHOW {name}") for name in ("statement_timeout", "jit")] == ["0", "on"]


def test_another_error_stays_what_it_is(hurried: None) -> None:
    with pytest.raises(Exception, match="nowhere"), limited(), asking():
        answer("SELECT 1 FROM nowhere")
