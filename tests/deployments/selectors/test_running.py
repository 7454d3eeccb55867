"""What the hosts really run, which is not always what last succeeded."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from deployments.models import Application, Deployment, Environment, Person
from deployments.selectors import code, running
from tests.deployments import build

pytestmark = pytest.mark.django_db
OLD, NEW = "a" * 40, "b" * 40


@pytest.fixture
def here(db: None) -> Environment:
    app = build.application("plain", Path("/nowhere/plain.git"))
    return build.environment(app, "here", hosts=3)


def versions(environment: Environment) -> list[tuple[str, int]]:
    return [(version.sha, version.hosts) for version in running.in_(environment).versions]


def test_before_the_first_deployment_nothing_runs(here: Environment) -> None:
    runs = running.in_(here)

    assert (runs.versions, runs.whole, runs.is_mixed, runs.shas) == ((), None, False, [])


def test_what_succeeded_on_all_hosts_runs_there(here: Environment, alice: Person) -> None:
    live = build.live(here, alice, OLD)

    runs = running.in_(here)

    assert (runs.whole, runs.is_mixed, runs.but) == (live, False, "")


@pytest.mark.parametrize(
    ("status", "but"),
    [
        ("failure", "its deployment failed"),
        ("error", "its deployment ended in an error"),
        ("cancelled", "its deployment was cancelled"),
        ("in_progress", "its deployment is still running"),
    ],
)
def test_what_failed_behind_the_switch_runs_and_that_is_said(
    here: Environment, alice: Person, status: str, but: str
) -> None:
    build.live(here, alice, OLD)
    failed = build.switched(here, alice, NEW)
    Deployment.objects.filter(pk=failed.pk).update(status=status)

    assert (running.in_(here).whole, running.in_(here).but) == (failed, but)


def test_hosts_that_differ_are_mixed_newest_first(here: Environment, alice: Person) -> None:
    build.live(here, alice, OLD)
    build.switched(here, alice, NEW, "plain-here-2")

    runs = running.in_(here)

    assert (runs.whole, runs.is_mixed, runs.but) == (None, True, "")
    assert versions(here) == [(NEW, 1), (OLD, 2)]


def test_a_host_that_runs_nothing_yet_differs(here: Environment, alice: Person) -> None:
    build.live(here, alice, OLD)
    build.place(here, "plain-here-4")

    assert versions(here) == [(OLD, 3), ("", 1)]
    assert running.in_(here).shas == [OLD]


def test_the_same_commit_by_two_deployments_is_one_version(
    here: Environment, alice: Person
) -> None:
    build.live(here, alice, OLD)
    again = build.switched(here, alice, OLD, "plain-here-2")

    assert versions(here) == [(OLD, 3)]
    assert running.in_(here).whole == again


def test_where_there_is_no_host_it_is_what_succeeded(here: Environment, alice: Person) -> None:
    live = build.live(here, alice, OLD)
    here.placements.all().delete()

    assert running.in_(here).whole == live


def test_each_environment_has_its_own(here: Environment, alice: Person) -> None:
    there = build.environment(here.application, "there")
    build.live(here, alice, OLD)
    build.live(there, alice, NEW)

    found = running.of([here, there])

    assert [found[one.pk].shas for one in (here, there)] == [[OLD], [NEW]]


def test_looking_costs_three_queries_for_many_environments_and_hosts(
    here: Environment, alice: Person, django_assert_num_queries: Any
) -> None:
    there = [build.environment(here.application, f"there{n}", hosts=4) for n in range(9)]
    for number, one in enumerate(there):
        build.live(one, alice, OLD)
        build.switched(one, alice, NEW, f"plain-there{number}-2")

    with django_assert_num_queries(3):
        found = running.of([here, *there])
        assert all(runs.versions[0].deployment.person for runs in list(found.values())[1:])  # type: ignore[union-attr]


# ---- Compared, and before ----


def test_where_hosts_differ_it_is_compared_with_what_lacks_most(
    hello: Application, production: Environment, alice: Person
) -> None:
    first, second, third = (code.resolve(hello, ref).sha for ref in _refs(hello))
    build.live(production, alice, second)
    build.switched(production, alice, first, "hello-production-1")  # newer, but of an older commit

    found = running.compared(hello, running.in_(production), third)

    assert found is not None
    assert (found.base, found.ahead) == (first, 2)


def test_going_to_what_one_host_runs_is_going_back_for_the_other(
    hello: Application, production: Environment, alice: Person
) -> None:
    _, second, third = (code.resolve(hello, ref).sha for ref in _refs(hello))
    build.live(production, alice, third)
    build.switched(production, alice, second, "hello-production-1")

    found = running.compared(hello, running.in_(production), second)

    assert found is not None
    assert (found.base, found.ahead, found.behind) == (third, 0, 1)


def _refs(app: Application) -> list[str]:
    return [commit.sha for commit in reversed(code.commits(app, "main"))]


def test_with_nothing_there_is_nothing_to_compare(hello: Application, qa: Environment) -> None:
    assert running.compared(hello, running.in_(qa), NEW) is None


def test_what_begins_comes_after_what_the_hosts_run(here: Environment, alice: Person) -> None:
    live = build.live(here, alice, OLD)
    failed = build.switched(here, alice, NEW)
    assert running.before(here) == failed

    build.switched(here, alice, "c" * 40, "plain-here-1")
    assert running.before(here) == live
