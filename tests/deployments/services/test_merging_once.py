"""A merge is made once, whoever else merges, dies or comes late."""

from __future__ import annotations

import pytest

from deployments.models import Change, Deployment, Environment, Person
from deployments.selectors import code
from deployments.services import clearing, lifecycle, merging
from deployments.services.lifecycle import Door
from tests.deployments.merging import FIRST
from tests.deployments.services import elsewhere, test_merging
from tests.deployments.services.conftest import copy, tip
from tests.servers.repositories import Repository

pytestmark = pytest.mark.django_db

branch, asked = test_merging.branch, test_merging.asked
gate = test_merging.gate


def test_two_workers_at_once_merge_once(asked: Deployment, repository: Repository) -> None:
    one, other = copy(asked), copy(asked)

    clearing.clear(one)
    clearing.clear(other)

    assert repository.git("rev-list", "--count", "--merges", "fix-login") == "1"
    assert Change.objects.filter(verb="deployment.merged").count() == 1
    assert Change.objects.filter(verb="deployment.status", new="queued").count() == 1


def test_a_worker_that_comes_late_keeps_and_tells_nothing_anew(
    qa: Environment, asked: Deployment
) -> None:
    gate(qa, "ci")
    late = copy(asked)
    clearing.clear(copy(asked))

    clearing.clear(late)

    assert Change.objects.filter(verb="deployment.merged").count() == 1
    assert copy(asked).waits_for == "checks"


def test_one_that_died_behind_its_merge_is_found_and_told_as_merged(
    asked: Deployment, repository: Repository
) -> None:
    app = asked.environment.application
    made = code.forge_of(app).merge(code.source(app), merging._wish(copy(asked)))
    repository.commit({"late.py": "x\n"}, "Push behind it", branch="fix-login")
    repository.commit({"new.py": "x\n"}, "Main moves on")

    clearing.clear(copy(asked))

    assert (copy(asked).status, copy(asked).sha) == ("queued", made.sha)
    assert copy(asked).note == FIRST


def test_what_somebody_merged_by_hand_meanwhile_is_deployed_as_it_is(
    asked: Deployment, repository: Repository
) -> None:
    sha = repository.commit({"a": "x\n"}, branch="fix-login", parent=tip(repository))

    clearing.clear(copy(asked))

    assert (copy(asked).sha, copy(asked).merging, copy(asked).note) == (sha, None, "")


def test_one_that_was_cancelled_is_not_merged(
    asked: Deployment, at_the_door: Door, branch: str, repository: Repository
) -> None:
    stale = copy(asked)
    lifecycle.cancel(asked, at_the_door)

    clearing.clear(copy(stale))

    assert (copy(asked).status, tip(repository, "fix-login")) == ("cancelled", branch)


def test_what_was_cancelled_while_it_was_merged_tells_of_the_merge_once(
    asked: Deployment, at_the_door: Door, repository: Repository
) -> None:
    late = [copy(asked), copy(asked)]
    lifecycle.cancel(asked, at_the_door)

    for one in late:
        clearing.clear(one)

    assert (copy(asked).status, copy(asked).sha) == ("cancelled", "")
    told = Change.objects.get(verb="deployment.merged")
    assert told.new == tip(repository, "fix-login")[:7]


def test_the_same_key_asks_once(qa: Environment, alice: Person, branch: str) -> None:
    door = Door(alice, "web", "key")
    first = lifecycle.request(qa, "fix-login", door)
    clearing.clear(copy(first))

    assert lifecycle.request(qa, "fix-login", door) == first


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_one_that_is_killed_behind_its_merge_goes_on_with_that(
    asked: Deployment, repository: Repository
) -> None:
    die = "merging._keep = lambda *_: os.kill(os.getpid(), 9)"
    killed = elsewhere.process(
        f"import os; from deployments.services import merging; {die};"
        f" from deployments import tasks; tasks.clear({asked.pk})"
    )
    elsewhere.go(killed)
    assert killed.wait(60) == -9
    assert (copy(asked).status, copy(asked).sha) == ("pending", "")

    clearing.clear(copy(asked))

    assert (copy(asked).sha, copy(asked).note) == (tip(repository, "fix-login"), FIRST)
    assert repository.git("rev-list", "--count", "--merges", "fix-login") == "1"


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_two_processes_at_the_same_moment_merge_once(
    asked: Deployment, repository: Repository
) -> None:
    elsewhere.race(f"from deployments import tasks; tasks.clear({asked.pk})")

    assert (copy(asked).status, copy(asked).sha) == ("queued", tip(repository, "fix-login"))
    assert repository.git("rev-list", "--count", "--merges", "fix-login") == "1"
    assert Change.objects.filter(verb="deployment.merged").count() == 1
