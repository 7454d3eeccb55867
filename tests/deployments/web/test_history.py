"""The history's page, and the table that is taken away from it."""

from __future__ import annotations

import csv
import io
from typing import cast

import pytest
from asgiref.sync import async_to_sync
from django.http import StreamingHttpResponse
from django.test import AsyncClient, Client
from django.utils.html import escape
from django.utils.timezone import localtime
from pytest_django import DjangoAssertNumQueries

from deployments.models import Deployment, Environment, Indexing, Person
from deployments.selectors import hits, patience, reading
from deployments.services import indexing
from tests.deployments import build

pytestmark = pytest.mark.slow  # looks at a page

A, B = "a" * 40, "b" * 40


@pytest.fixture
def failed(qa: Environment, production: Environment, alice: Person, dora: Person) -> Deployment:
    """One that failed in production, with a log; before it one that succeeded in qa."""
    build.live(qa, alice, A, subject="Begin", why="because of the fair")
    made = build.deployment(
        production, dora, B, status="failure", ref="fix/login", note="migrate exited with 1"
    )
    build.log(made, "one\n\x1b[31mConnection <refused>\x1b[0m here\n" + "ok\n" * 8, host="web-2")
    indexing.catch_up()
    return made


def text(client: Client, query: str = "", **more: int) -> str:
    answer = client.get("/history/", {"q": query} | {name: str(n) for name, n in more.items()})
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def test_all_is_shown_newest_first(as_alice: Client, failed: Deployment) -> None:
    page = text(as_alice)

    assert "<b>2 deployments</b>" in page
    assert page.index("hello/production") < page.index("because of the fair")


def test_a_search_whose_time_is_over_says_how_far_it_came(
    as_alice: Client, failed: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "SECONDS", 0)
    monkeypatch.setattr(reading, "FIRST_OF_TEXTS", 1)
    moment = f"{localtime(failed.created_at):%-d %B %Y, %H:%M}"

    page = text(as_alice, "the fair")

    assert f"Nothing so far.</b> <b>Searched back to {moment}</b>; narrow it or" in page
    assert f'href="?q=the+fair&amp;before={failed.pk}">go on from there' in page
    assert "Nothing is like that" not in page


def test_a_line_of_the_log_is_shown_marked_and_linked(as_alice: Client, failed: Deployment) -> None:
    page = text(as_alice, '"connection <refused>"')

    assert "<b>1 deployment</b>" in page
    assert f'href="/deployments/{failed.pk}/#L2" aria-label="Line 2 of #{failed.pk}"' in page
    assert "<mark>Connection &lt;refused&gt;</mark> here" in page


def test_a_line_far_from_the_end_is_linked_where_its_part_of_the_log_is_shown(
    as_alice: Client, failed: Deployment
) -> None:
    build.log(failed, "more\n" * 2_000)

    address = f"/deployments/{failed.pk}/?at=2#L2"

    assert f'href="{address}"' in text(as_alice, "refused")
    assert 'id="L2"' in as_alice.get(address.partition("#")[0]).content.decode()


@pytest.mark.parametrize("short", [(200, 10), (0, 0)])
def test_a_few_lines_are_shown_and_that_there_are_more(
    as_alice: Client, failed: Deployment, monkeypatch: pytest.MonkeyPatch, short: tuple[int, int]
) -> None:
    monkeypatch.setattr(hits, "SHORT", short)
    build.log(failed, "retry again\n" * 5)
    indexing.catch_up()

    page = text(as_alice, "retry")

    assert page.count("<mark>retry</mark> again") == 3
    assert "and more lines" in page


def test_what_is_not_understood_is_said_beside_the_box(
    as_alice: Client, failed: Deployment
) -> None:
    page = text(as_alice, 'env:prodution "<x>"')

    assert "Did you mean “production”?" in page
    assert escape('env:prodution "<x>"') in page
    assert "hello/" not in page


def test_facets_write_the_query(as_alice: Client, failed: Deployment) -> None:
    page = text(as_alice, "state:success fair")

    assert 'href="?q=fair" data-state="success" aria-current="true"' in page
    assert 'href="?q=env%3Aqa%20state%3Asuccess%20fair"' in page


def test_a_facet_counts_what_each_of_its_values_would_find(
    as_alice: Client, failed: Deployment
) -> None:
    state = text(as_alice, "state:failure").split("<h2>State</h2>")[1].split("</section>")[0]
    by = text(as_alice, "state:failure").split("<h2>Who</h2>")[1].split("</section>")[0]

    assert "Failed</span><span>1</span>" in state and "Succeeded</span><span>1</span>" in state
    assert "Dora" in by and "Alice" not in by


def test_pages_lead_back_and_forth(as_alice: Client, qa: Environment, alice: Person) -> None:
    made = [build.deployment(qa, alice, A, why="a fair").pk for _ in range(55)]

    assert f'href="?q=fair&amp;before={made[5]}" rel="next"' in text(as_alice, "fair")
    older = text(as_alice, "fair", before=made[5])
    assert older.count("<article") == 5 and "Older" not in older
    assert f'href="?q=fair&amp;after={made[4]}" rel="prev"' in older
    assert text(as_alice, "fair", after=made[4]).count("<article") == 50


def test_nothing_found_says_what_to_do(as_alice: Client, failed: Deployment) -> None:
    assert "take a word away" in text(as_alice, "nothing-like-it")


def test_an_empty_history_says_how_to_begin(as_alice: Client) -> None:
    assert "Nothing was deployed yet" in text(as_alice)


def test_logs_that_are_not_indexed_yet_are_told_of(as_alice: Client, failed: Deployment) -> None:
    Indexing.objects.update_or_create(pk=1, defaults={"oldest": 7})

    assert "older logs are still being indexed" in text(as_alice, "refused")
    assert "older logs are still being indexed" not in text(as_alice, "env:qa")


def test_the_line_for_the_chat_stands_below(as_alice: Client, failed: Deployment) -> None:
    assert escape('search env:qa "the fair"') in text(as_alice, 'env:qa "the fair"')


@pytest.mark.parametrize(
    "query", ["", "state:failure refused", "app:hello env:qa by:alice via:web"]
)
def test_queries_do_not_grow_with_rows(
    as_alice: Client,
    failed: Deployment,
    query: str,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    def ask() -> int:
        with django_assert_max_num_queries(25) as asked:
            assert as_alice.get("/history/", {"q": query}).status_code == 200
        return len(asked)

    def more(count: int) -> None:
        for number in range(count):
            made = build.deployment(failed.environment, failed.person, A, previous=failed)
            build.log(made, f"{number} refused\n")
        indexing.catch_up()

    more(3)  # that are not like the first, so that both have to be looked at
    few = ask()
    more(60)

    assert ask() <= few + 1  # a search takes two steps where it passes a thousandth number


# ---- The table ----


@async_to_sync
async def rows(person: Person, query: str = "") -> list[dict[str, str]]:
    client = AsyncClient()
    await client.aforce_login(person)
    answer = await client.get("/history/deployments.csv", {"q": query})
    assert answer.status_code == 200
    read = b"".join([part async for part in cast(StreamingHttpResponse, answer)])
    return list(csv.DictReader(io.StringIO(read.decode())))


@pytest.mark.django_db(transaction=True)
def test_the_table_has_what_is_found(failed: Deployment, alice: Person) -> None:
    (row,) = rows(alice, "state:failure refused")

    assert (row["number"], row["environment"], row["by"]) == (str(failed.pk), "production", "dora")
    assert row["url"] == f"http://testserver/deployments/{failed.pk}/"


@pytest.mark.django_db(transaction=True)
def test_the_table_holds_no_formula(failed: Deployment, alice: Person) -> None:
    Deployment.objects.filter(pk=failed.pk).update(
        why='=HYPERLINK("http://evil")', note="-1+1", ref="@SUM(A1)", subject="\tx"
    )

    (row,) = rows(alice, "state:failure")

    assert row["why"] == '\'=HYPERLINK("http://evil")'
    assert (row["note"], row["ref"], row["subject"]) == ("'-1+1", "'@SUM(A1)", "'\tx")


def test_a_table_of_what_is_not_understood_is_refused(as_alice: Client) -> None:
    answer = as_alice.get("/history/deployments.csv", {"q": "color:red"})

    assert answer.status_code == 409 and "There is no “color:”" in answer.content.decode()
