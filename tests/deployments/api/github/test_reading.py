"""Deployments as GitHub's clients list and read them, and how each went."""

from __future__ import annotations

from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from deployments.models import Deployment, Environment, Person
from tests.deployments import build
from tests.deployments.api.github.conftest import Caller
from tests.deployments.api.github.test_deployments import ALL, LIST, ONE
from tests.servers.repositories import Repository


@pytest.fixture
def some(qa: Environment, production: Environment, alice: Person) -> list[Deployment]:
    """Four of qa, with a task among them, and one of production."""
    made = [build.deployment(qa, alice, letter * 40, ref="main") for letter in "abc"]
    made.append(build.deployment(qa, alice, "c" * 40, ref="topic", task="migrate"))
    return [*made, build.live(production, alice, "a" * 40)]


def numbers(answer: Any) -> list[int]:
    return [one["id"] for one in answer.json()]


def test_they_are_listed_newest_first(bot: Caller, some: list[Deployment]) -> None:
    assert numbers(bot.get(ALL, LIST)) == [one.pk for one in reversed(some)]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("sha=" + "a" * 40, [4, 0]),
        ("ref=topic", [3]),
        ("task=migrate", [3]),
        ("environment=production", [4]),
        ("environment=prod&ref=main", [4]),
        ("environment=none&task=none&ref=topic", [3]),
        ("environment=moon", []),
        ("colour=red&ref=topic", [3]),
    ],
)
def test_filters_are_githubs(
    bot: Caller, some: list[Deployment], asked: str, found: list[int]
) -> None:
    assert numbers(bot.get(f"{ALL}?{asked}", LIST)) == [some[place].pk for place in found]


def test_pages_name_each_other(bot: Caller, some: list[Deployment]) -> None:
    answer = bot.get(f"{ALL}?per_page=2&page=2&environment=", LIST)

    assert numbers(answer) == [some[2].pk, some[1].pk]
    for rel, number in {"prev": 1, "first": 1, "next": 3, "last": 3}.items():
        place = f"{ALL}?per_page=2&page={number}&environment="
        assert f'<http://testserver/api/v3/{place}>; rel="{rel}"' in answer["Link"]


@pytest.mark.parametrize("page", ["0", "-1", "x", "99999999999999999999"])
def test_a_page_that_makes_no_sense_is_no_error(
    bot: Caller, some: list[Deployment], page: str
) -> None:
    assert bot.get(f"{ALL}?page={page}", LIST).status_code == 200


def test_a_list_takes_as_many_queries_however_long(
    bot: Caller, some: list[Deployment], django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    bot.get(ALL, LIST)

    with django_assert_num_queries(6):
        bot.get(f"{ALL}?per_page=1", LIST)
    with django_assert_num_queries(6):
        bot.get(ALL, LIST)


def test_one_is_read(bot: Caller, some: list[Deployment]) -> None:
    told = bot.get(f"{ALL}/{some[4].pk}", ONE).json()

    assert (told["environment"], told["production_environment"]) == ("production", True)
    assert told["creator"]["login"] == "alice"
    assert told["payload"]["name"] == "hello"


def test_one_of_another_repository_is_not_found(
    bot: Caller, alice: Person, repository: Repository, tmp_path: Any
) -> None:
    other = build.environment(build.application("shop", tmp_path / "shop"), "qa")
    made = build.deployment(other, alice, "a" * 40)

    assert bot.get(f"{ALL}/{made.pk}").json()["message"] == "Not Found"


# ---- how they went ----


def test_statuses_are_told_in_githubs_words(bot: Caller, qa: Environment, alice: Person) -> None:
    made = build.deployment(qa, alice, "a" * 40, status="cancelled", note="cancelled by Alice")

    told = bot.get(f"{ALL}/{made.pk}/statuses", f"{ONE}/statuses").json()

    assert [one["state"] for one in told] == ["error", "pending"]
    assert told[0]["description"] == "cancelled by Alice"
    assert told[0]["log_url"].endswith(f"/{made.pk}/")


def test_what_another_took_the_place_of_is_inactive(
    bot: Caller, qa: Environment, alice: Person
) -> None:
    old, new = build.live(qa, alice, "a" * 40), build.live(qa, alice, "b" * 40)

    told = bot.get(f"{ALL}/{old.pk}/statuses", f"{ONE}/statuses").json()

    assert [one["state"] for one in told] == ["inactive", "success", "pending"]
    assert told[0]["description"] == f"#{new.pk} took its place"
    (last, *_) = bot.get(f"{ALL}/{new.pk}/statuses", f"{ONE}/statuses").json()
    assert last["state"] == "success"


def test_one_status_is_read(bot: Caller, qa: Environment, alice: Person) -> None:
    made = build.deployment(qa, alice, "a" * 40, status="failure")
    all_of_it = f"{ALL}/{made.pk}/statuses"
    (first, _) = bot.get(all_of_it, f"{ONE}/statuses").json()

    assert bot.get(f"{all_of_it}/{first['id']}", f"{ONE}/statuses/{{status_id}}").json() == first
    assert bot.get(f"{all_of_it}/999999").status_code == 404


def test_none_is_deleted(bot: Caller, some: list[Deployment]) -> None:
    answer = bot.ask("delete", f"{ALL}/{some[0].pk}")

    assert answer.status_code == 422
    assert "stays on record" in answer.json()["message"]
    assert Deployment.objects.filter(pk=some[0].pk).exists()


def test_nobody_else_says_how_it_went(bot: Caller, qa: Environment, alice: Person) -> None:
    made = build.deployment(qa, alice, "a" * 40, status="queued")

    answer = bot.post(f"{ALL}/{made.pk}/statuses", {"state": "success"})

    assert answer.status_code == 403
    assert "alone says how it went" in answer.json()["message"]
    assert bot.post(f"{ALL}/{made.pk}/statuses", {"state": "fine"}).status_code == 422
    made.refresh_from_db()
    assert made.status == "queued"
