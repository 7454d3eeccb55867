"""Apps, environments, hosts, changes and oneself, as scripts read them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from deployments.api import waiting
from deployments.models import Application, Change, Environment, Person
from deployments.selectors import patience, reading
from deployments.services import locks, tokens
from deployments.services.lifecycle import Door
from tests.deployments import build
from tests.deployments.api.conftest import MakeScript, Script


def test_apps_are_listed_with_their_environments(ci: Script, hello: Application) -> None:
    (found,) = ci.get("apps/").json()["results"]

    assert (found["name"], found["environments"]) == ("hello", ["qa", "production"])
    assert found["repository"] == {"number": hello.repository_id, "name": "acme/hello"}
    assert ci.get("apps/hello/").json() == found


def test_pages_of_apps_go_by_name(ci: Script, hello: Application) -> None:
    for name in ("alpha", "omega"):
        Application.objects.create(name=name, repository=hello.repository)

    first = ci.get("apps/", limit=2).json()
    last = ci.get(first["next"].partition("/api/")[2]).json()

    assert [app["name"] for app in first["results"]] == ["alpha", "hello"]
    assert [app["name"] for app in last["results"]] == ["omega"]
    assert last["next"] is None


def test_an_environment_says_what_runs_and_what_is_in_the_way(
    ci: Script, qa: Environment, alice: Person, dora: Person
) -> None:
    live = build.live(qa, alice, "a" * 40)
    tried = build.deployment(qa, alice, "b" * 40, status="failure")
    locks.take(qa, Door(dora, "web"), reason="we test the search")

    said = ci.get("apps/hello/environments/qa/").json()

    assert said["runs"] == [{"sha": "a" * 40, "deployment": live.pk, "hosts": 1}]
    assert (said["latest"]["number"], said["latest"]["status"]) == (tried.pk, "failure")
    assert (said["lock"]["person"], said["lock"]["reason"]) == ("dora", "we test the search")
    assert [one["code"] for one in said["blockers"]] == ["locked"]
    assert said["hosts"] == [
        {"name": "hello-qa-1", "roles": ["web"], "deployment": live.pk, "sha": "a" * 40}
    ]


def test_where_nothing_runs_yet_it_says_so(ci: Script, hello: Application) -> None:
    for said in ci.get("apps/hello/environments/").json():
        assert (said["runs"], said["latest"], said["lock"]) == ([], None, None)


def test_a_host_says_what_is_placed_on_it(ci: Script, qa: Environment, alice: Person) -> None:
    live = build.live(qa, alice, "a" * 40)

    said = ci.get("hosts/hello-qa-1/").json()

    assert said["has_accepted_key"] is True
    assert said["placements"] == [
        {"app": "hello", "environment": "qa", "roles": ["web"], "deployment": live.pk,
         "sha": "a" * 40}
    ]  # fmt: skip
    assert said in ci.get("hosts/").json()["results"]


QUERIES = {
    "me/": 1,
    "apps/": 3,
    "apps/hello/": 3,
    "apps/hello/environments/": 10,
    "apps/hello/environments/qa/": 16,
    "hosts/": 3,
    "hosts/hello-qa-1/": 3,
}


@pytest.mark.parametrize(("url", "queries"), QUERIES.items())
def test_reading_is_a_constant_number_of_queries(
    ci: Script, qa: Environment, alice: Person, url: str, queries: int,
    django_assert_num_queries: Any,
) -> None:  # fmt: skip
    build.live(qa, alice, "a" * 40)
    ci.get(url)
    with django_assert_num_queries(queries):
        ci.get(url)
    for number in range(6):
        app = Application.objects.create(name=f"app-{number}", repository=qa.application.repository)
        build.live(build.environment(app, "qa"), alice, "a" * 40)
        build.live(build.environment(qa.application, f"qa-{number}"), alice, "b" * 40)

    with django_assert_num_queries(queries):
        ci.get(url)


def test_a_search_whose_time_is_over_says_how_far_it_came_and_where_to_go_on(
    ci: Script, alice: Person, qa: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    sought = build.deployment(qa, alice, "a" * 40, why="because of the fair")
    newest = build.live(qa, alice, "b" * 40)
    with monkeypatch.context() as hurried:
        hurried.setattr(patience, "SECONDS", 0)
        hurried.setattr(reading, "FIRST_OF_TEXTS", 1)
        first = ci.get("deployments/", q="fair").json()

    last = ci.get(first["next"].partition("/api/")[2]).json()

    assert (first["results"], first["reached"]["number"]) == ([], newest.pk)
    assert parse_datetime(first["reached"]["at"]) == newest.created_at
    assert [one["number"] for one in last["results"]] == [sought.pk]
    assert (last["next"], last["reached"]) == (None, None)


def test_a_token_bound_to_an_app_sees_only_that(
    script: MakeScript, alice: Person, hello: Application, qa: Environment
) -> None:
    other = build.application("other", Path("/nowhere/other.git"))
    there = build.environment(other, "qa")
    hidden = build.live(there, alice, "b" * 40)
    bound = script(alice, applications=[hello])

    assert [app["name"] for app in bound.get("apps/").json()["results"]] == ["hello"]
    assert {host["name"][:5] for host in bound.get("hosts/").json()["results"]} == {"hello"}
    build.log(hidden, "open sesame\n")
    for q in ("", "sesame", "state:success", f"#{hidden.pk}"):
        assert bound.get("deployments/", q=q).json()["results"] == []
    assert "other" not in bound.get("deployments/", q="app:othe").content.decode()
    assert {one["app"] for one in bound.get("changes/").json()["results"]} == {"hello"}
    for url in ("apps/other/", f"deployments/{hidden.pk}/", "hosts/other-qa-1/"):
        assert bound.get(url).status_code == 404
    assert bound.post("deployments/", {"app": "other", "environment": "qa"}).status_code == 404


def test_a_script_asks_who_it_is(script: MakeScript, alice: Person, hello: Application) -> None:
    said = script(alice, scopes=["read", "statuses"], applications=[hello], days=30).get("me/")

    token = said.json()["token"]
    assert said.json()["username"] == "alice"
    assert (token["name"], token["scopes"], token["apps"]) == (
        "ci",
        ["read", "statuses"],
        ["hello"],
    )
    assert token["expires_at"]


# ---- The feed of changes ----


def ids(answer: Any) -> list[int]:
    return [change["id"] for change in answer.json()["results"]]


def let_settle() -> None:
    """Let what happened be older than any transaction may take."""
    Change.objects.update(at=timezone.now() - timedelta(seconds=11))


def test_changes_are_read_on_from_a_number(ci: Script, qa: Environment, alice: Person) -> None:
    build.deployment(qa, alice, "a" * 40)
    let_settle()
    first = ci.get("changes/", limit=1)

    rest = ci.get("changes/", after=first.json()["after"])

    assert first.json()["more"] and not rest.json()["more"]
    assert ids(first) + ids(rest) == list(Change.objects.values_list("pk", flat=True)[1:])
    said = rest.json()["results"][-1]
    assert (said["verb"], said["app"], said["environment"], said["new"]) == (
        "deployment.status", "hello", "qa", "success",
    )  # fmt: skip


def test_what_appears_late_under_a_lower_number_is_not_lost(
    ci: Script, qa: Environment, alice: Person
) -> None:
    made = build.deployment(qa, alice, "a" * 40)
    let_settle()
    settled = ci.get("changes/").json()["after"]
    build.change(made, pk=settled + 9, verb="deployment.note")
    early = ci.get("changes/", after=settled)
    build.change(made, pk=settled + 8, verb="deployment.note")  # committed after the one above

    again = ci.get("changes/", after=early.json()["after"])

    assert ids(early) == [settled + 9]
    assert ids(again) == [settled + 8, settled + 9]


def test_what_is_old_is_given_once(ci: Script, qa: Environment, alice: Person) -> None:
    build.deployment(qa, alice, "a" * 40)
    let_settle()

    assert ids(ci.get("changes/", after=ci.get("changes/").json()["after"])) == []


def test_changes_of_people_are_for_administrators(
    ci: Script, script: MakeScript, root: Person, qa: Environment
) -> None:
    verbs = [
        {change["verb"] for change in reader.get("changes/").json()["results"]}
        for reader in (ci, script(root, scopes=["read"]), script(root))
    ]

    assert ["token.made" in seen for seen in verbs] == [False, False, True]


def test_the_feed_is_a_constant_number_of_queries(
    ci: Script, qa: Environment, alice: Person, django_assert_num_queries: Any
) -> None:
    build.deployment(qa, alice, "a" * 40)
    ci.get("changes/")
    for _ in range(5):
        build.deployment(qa, alice, "a" * 40)

    with django_assert_num_queries(3):
        assert len(ids(ci.get("changes/"))) == 14


# ---- To wait for something ----


@pytest.fixture
def later() -> Iterator[Callable[[Callable[[], object]], None]]:
    """Do something in the background a little later, over a connection of its own."""
    threads: list[threading.Thread] = []

    def begin(act: Callable[[], object]) -> None:
        def work() -> None:
            time.sleep(0.5)
            act()
            connection.close()

        threads.append(threading.Thread(target=work))
        threads[-1].start()

    yield begin
    for thread in threads:
        thread.join(20)


@pytest.mark.django_db(transaction=True)
def test_who_waits_for_changes_is_answered_at_the_first(
    ci: Script, qa: Environment, alice: Person, later: Any
) -> None:
    had = ci.get("changes/").json()
    later(lambda: build.deployment(qa, alice, "a" * 40, status="pending"))
    begun = time.monotonic()

    said = ci.get("changes/", after=had["after"], newest=had["newest"], wait=10).json()

    assert 0.4 < time.monotonic() - begun < 9
    assert said["results"][-1]["verb"] == "deployment.status"
    assert said["newest"] == said["results"][-1]["id"] > had["newest"]


def test_what_one_has_already_ends_no_waiting(ci: Script, qa: Environment, alice: Person) -> None:
    build.deployment(qa, alice, "a" * 40)
    had, begun = ci.get("changes/").json(), time.monotonic()

    said = ci.get("changes/", after=had["after"], newest=had["newest"], wait=1).json()

    assert time.monotonic() - begun >= 1
    assert (said["newest"], said["more"]) == (had["newest"], False)


@pytest.mark.django_db(transaction=True)
def test_who_waits_for_a_log_is_answered_at_the_first_line(
    ci: Script, qa: Environment, alice: Person, later: Any
) -> None:
    made = build.deployment(qa, alice, "a" * 40, status="in_progress")
    later(lambda: build.log(made, "one\n"))

    said = ci.get(f"deployments/{made.pk}/log/", wait=10).json()

    assert [line["text"] for line in said["lines"]] == ["one"]


@pytest.mark.django_db(transaction=True)
def test_a_token_that_is_revoked_meanwhile_waits_in_vain(
    ci: Script, qa: Environment, alice: Person, later: Any
) -> None:
    later(lambda: tokens.revoke(ci.token, by=alice))

    answer = ci.get("changes/", newest=2**38, wait=10)

    assert answer.status_code == 401
    assert "was revoked" in answer.json()["error"]["text"]


def test_where_too_many_wait_it_is_answered_at_once(
    ci: Script, qa: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting, "_places", threading.BoundedSemaphore(1))
    waiting._places.acquire()
    begun = time.monotonic()

    assert ci.get("changes/", newest=2**38, wait=10).status_code == 200
    assert time.monotonic() - begun < 9


def test_longer_than_ten_seconds_is_refused(ci: Script, qa: Environment) -> None:
    assert ci.get("changes/", wait=11).status_code == 400
