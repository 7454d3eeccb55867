"""Where a commit is live, where it was taken back, and what it waits behind."""

from __future__ import annotations

import pytest

from deployments import drift
from deployments.drift import Whereabouts
from deployments.models import Environment, Person
from tests.deployments import build
from tests.servers.repositories import Repository

pytestmark = pytest.mark.django_db


@pytest.fixture
def shas(repository: Repository) -> list[str]:
    """The three commits of the repository, oldest first."""
    return repository.git("rev-list", "--reverse", "main").split()


def only(environment: Environment, sha: str) -> Whereabouts:
    return drift.whereabouts([environment], sha)[0]


def test_a_commit_is_live_where_what_runs_has_it(
    qa: Environment, alice: Person, shas: list[str]
) -> None:
    brought = build.live(qa, alice, shas[1])
    build.live(qa, alice, shas[2])
    found = only(qa, shas[1])

    assert found.is_live and (found.hosts, found.of) == (1, 1)
    assert (found.brought, found.since) == (brought, brought.finished_at)


def test_it_is_live_since_the_newest_return(
    qa: Environment, alice: Person, shas: list[str]
) -> None:
    build.live(qa, alice, shas[2])
    build.live(qa, alice, shas[0], kind="rollback")
    again = build.live(qa, alice, shas[2])

    assert only(qa, shas[2]).brought == again


def test_what_was_taken_back_says_by_what(qa: Environment, alice: Person, shas: list[str]) -> None:
    brought = build.live(qa, alice, shas[2])
    gone = build.live(qa, alice, shas[0], kind="rollback")
    found = only(qa, shas[2])

    assert not found.is_live
    assert (found.brought, found.gone, found.since) == (brought, gone, gone.finished_at)


def test_what_waits_says_how_many_go_with_it(
    qa: Environment, alice: Person, shas: list[str]
) -> None:
    build.live(qa, alice, shas[0])

    assert (only(qa, shas[2]).behind, only(qa, shas[2]).brought) == (2, None)


def test_what_is_on_its_way_says_in_what(qa: Environment, alice: Person, shas: list[str]) -> None:
    build.live(qa, alice, shas[0])
    coming = build.deployment(qa, alice, shas[2], status="queued")

    assert only(qa, shas[1]).coming == coming


def test_hosts_that_differ_are_counted(
    production: Environment, alice: Person, shas: list[str]
) -> None:
    build.live(production, alice, shas[0])
    build.switched(production, alice, shas[2], "hello-production-1")
    found = only(production, shas[2])

    assert (found.is_live, found.hosts, found.of) == (True, 1, 2)


def test_where_nothing_runs_nothing_is_said(qa: Environment, shas: list[str]) -> None:
    assert only(qa, shas[2]).behind is None


def test_tasks_and_deployments_to_some_hosts_bring_no_release(
    qa: Environment, alice: Person, shas: list[str]
) -> None:
    build.live(qa, alice, shas[0])
    build.deployment(qa, alice, shas[2], task="migrations")
    build.deployment(qa, alice, shas[2], hosts=["hello-qa-1"])

    assert only(qa, shas[2]).brought is None
