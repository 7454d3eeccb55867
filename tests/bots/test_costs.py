"""What a line costs the database, from the bell to the answer."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bots import conversation, tasks
from bots.models import Post
from deployments.models import Environment
from tests.bots.talking import Talk
from tests.deployments import build

AROUND = ("PRAGMA", "SAVEPOINT", "RELEASE", "BEGIN", "COMMIT", "SHOW", "SET ", "SELECT pg_notify")


def asked(queries: Sequence[dict[str, str]]) -> int:
    return sum(not query["sql"].startswith(AROUND) for query in queries)


@pytest.mark.parametrize(
    ("line", "number"),
    [
        ("shipmate help", 5),
        ("shipmate deploys hello", 8),
        ("shipmate status hello", 12),
        ("shipmate where can i deploy hello", 14),
    ],
)
def test_a_question_is_answered_with_few_queries(say: Talk, line: str, number: int) -> None:
    said = conversation.say(say.person, say.room, line)

    with CaptureQueriesContext(connection) as queries:
        tasks.handle(said.pk)

    assert Post.objects.filter(key=f"answer:{said.pk}").exists()
    assert asked(queries.captured_queries) == number


def test_where_one_may_deploy_costs_the_same_for_many_places(
    say: Talk, production: Environment
) -> None:
    line = "shipmate where can i deploy hello"
    few = cost(say, line)
    for number in range(8):
        build.environment(production.application, f"place{number}", hosts=2)

    assert cost(say, line) == few


def cost(say: Talk, line: str) -> int:
    said = conversation.say(say.person, say.room, line)
    with CaptureQueriesContext(connection) as queries:
        tasks.handle(said.pk)
    return asked(queries.captured_queries)


def test_to_keep_a_line_takes_three_writes(say: Talk) -> None:
    with CaptureQueriesContext(connection) as queries:
        conversation.say(say.person, say.room, "shipmate status")

    assert asked(queries.captured_queries) == 3
