"""The index of texts: kept by triggers for deployments, and behind the writer's back for logs."""

from __future__ import annotations

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from deployments import sweeper
from deployments.models import Deployment, Environment, Indexing, LogChunk, Person
from deployments.selectors import history, words
from deployments.selectors.words import Among
from deployments.services import indexing
from tests.deployments import build

A = "a" * 40
INDEXES = ("deployments_found_log", "deployments_found_facts")
IS_SQLITE = connection.vendor == "sqlite"


@pytest.fixture
def deployment(qa: Environment, alice: Person) -> Deployment:
    return build.deployment(qa, alice, A)


def found(person: Person, query: str) -> list[int]:
    return [one.pk for one in history.find(person, query).deployments]


def test_the_sweeper_indexes_what_was_written(deployment: Deployment, alice: Person) -> None:
    build.log(deployment, "connection refused\n")

    sweeper.sweep()

    assert found(alice, "refused") == [deployment.pk]


def test_the_writer_of_a_log_indexes_nothing(deployment: Deployment) -> None:
    with CaptureQueriesContext(connection) as asked:
        build.log(deployment, "connection refused\n")

    assert not [query for query in asked if "deployments_found" in query["sql"]]


def test_each_chunk_is_indexed_once(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(5):
        build.log(deployment, f"line {number}\n")
    monkeypatch.setattr(indexing, "MOST_CHUNKS", 2)

    indexing.catch_up()
    indexing.catch_up()

    assert rows_like("line") == (5 if IS_SQLITE else 0)


def test_logs_from_before_the_index_are_indexed_from_the_newest_down(
    deployment: Deployment, alice: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    chunks = [build.log(deployment, f"line{number} of old\n") for number in range(3)]
    Indexing.objects.update_or_create(
        pk=1, defaults={"newest": chunks[-1].pk, "oldest": chunks[-1].pk}
    )
    monkeypatch.setattr(indexing, "MOST_CHUNKS", 1)

    steps = []
    while IS_SQLITE and indexing.index_some():
        steps.append(Indexing.objects.get().oldest)

    assert steps == [chunks[2].pk - 1, chunks[1].pk - 1, chunks[0].pk - 1, 0][: len(steps)]
    assert found(alice, '"line0 of old"') == [deployment.pk]


def test_two_indexers_do_not_index_the_same(deployment: Deployment) -> None:
    build.log(deployment, "line\n")
    at, _ = Indexing.objects.get_or_create(pk=1)
    chunks = list(LogChunk.objects.all())
    Indexing.objects.update(newest=chunks[-1].pk)  # the other was faster

    assert not indexing._index(chunks, at, newest=chunks[-1].pk)
    assert rows_like("line") == 0


def test_a_table_that_was_remade_is_followed_again(deployment: Deployment, alice: Person) -> None:
    with connection.cursor() as cursor:
        if IS_SQLITE:
            cursor.execute("DROP TRIGGER deployments_found_moved")
    indexing.follow_deployments()

    Deployment.objects.filter(pk=deployment.pk).update(note="name resolution")

    assert found(alice, "resolution") == [deployment.pk]


@pytest.mark.django_db(transaction=True)
def test_what_was_emptied_is_no_longer_found_by_its_texts(deployment: Deployment) -> None:
    build.log(deployment, "line\n")
    indexing.catch_up()

    call_command("flush", interactive=False)

    assert rows_like("line") == 0


def test_what_does_not_change_what_is_said_does_not_touch_the_index(
    deployment: Deployment, alice: Person
) -> None:
    Deployment.objects.filter(pk=deployment.pk).update(note=deployment.note, progress=7)

    assert found(alice, "aaaaaa") == [deployment.pk]


def test_any_part_of_a_text_is_looked_up_in_its_index_for_a_range(deployment: Deployment) -> None:
    looked_up = words.among(words.anywhere("refused", []), Among(0, 90_000))

    with connection.cursor() as cursor:
        if IS_SQLITE:
            cursor.execute(f"EXPLAIN QUERY PLAN {looked_up.sql}", looked_up.params)
            assert "VIRTUAL TABLE" in str(cursor.fetchall())
            return
        cursor.execute("SET LOCAL enable_seqscan = off")  # as in a table that is large
        cursor.execute(f"EXPLAIN {looked_up.sql}", looked_up.params)
        plan = " ".join(line for (line,) in cursor.fetchall())
    assert all(index in plan for index in INDEXES)
    looked_into = [part.partition("->")[0] for part in plan.split("Index Cond")[1:]]
    assert ["&& '{0,1,2,3,4,5,6,7,8,9,10}'" in part for part in looked_into] == [True, True]


def rows_like(text: str) -> int:
    """Count the rows of SQLite's index with a text; PostgreSQL's keeps itself."""
    if not IS_SQLITE:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM deployments_found WHERE deployments_found MATCH %s", [text]
        )
        return int(cursor.fetchone()[0])
