"""Apps, environments, hosts, changes and oneself, as scripts read them."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from deployments.models import Application, Change, Environment, Person
from deployments.services import locks
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
    "apps/hello/environments/": 9,
    "apps/hello/environments/qa/": 15,
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


def test_a_token_bound_to_an_app_sees_only_that(
    script: MakeScript, alice: Person, hello: Application, qa: Environment
) -> None:
    other = build.application("other", Path("/nowhere/other.git"))
    there = build.environment(other, "qa")
    hidden = build.live(there, alice, "b" * 40)
    bound = script(alice, applications=[hello])

    assert [app["name"] for app in bound.get("apps/").json()["results"]] == ["hello"]
    assert {host["name"][:5] for host in bound.get("hosts/").json()["results"]} == {"hello"}
    assert bound.get("deployments/").json()["results"] == []
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
