"""Asking for a deployment: everything that is in the way is told at once, and once is once."""

from __future__ import annotations

from pathlib import Path

import pytest

from deployments.exceptions import Refused
from deployments.models import Change, Deployment, Environment, Person
from deployments.services import lifecycle
from deployments.services.lifecycle import Door
from tests.deployments import build
from tests.deployments.services import elsewhere
from tests.deployments.services.conftest import tip
from tests.deployments.services.queueing import bells
from tests.servers.repositories import Repository

pytestmark = pytest.mark.django_db


@pytest.mark.usefixtures("carrier")
def test_what_is_asked_for_is_queued_with_its_commit(
    qa: Environment, at_the_door: Door, repository: Repository
) -> None:
    asked = lifecycle.request(qa, "main", at_the_door, why="because")

    assert (asked.status, asked.sha, asked.ref) == ("queued", tip(repository), "main")
    assert (asked.subject, asked.why, asked.via) == ("Say it three times", "because", "web")
    assert bells() == [("deployments.tasks.run", (asked.pk,))]


def test_the_two_steps_are_remembered(qa: Environment, at_the_door: Door, alice: Person) -> None:
    asked = lifecycle.request(qa, "main", at_the_door)

    steps = Change.objects.filter(deployment=asked).values_list("old", "new", "person")
    assert list(steps) == [("", "pending", alice.pk), ("pending", "queued", None)]


def test_no_ref_is_the_default_branch(
    qa: Environment, at_the_door: Door, repository: Repository
) -> None:
    assert lifecycle.request(qa, "", at_the_door).sha == tip(repository)


def test_every_reason_is_told_at_once(qa: Environment, bob: Person) -> None:
    qa.placements.all().delete()
    qa.ssh_key.delete()
    qa.settings = {"keep": 0}

    with pytest.raises(Refused) as refused:
        lifecycle.request(_again(qa), "nonsense", Door(bob, "web"), hosts=["web-9"])

    said = "\n".join(refused.value.reasons)
    for part in ("Bob may not deploy", "no hosts", "called “web-9”", "no SSH key", "nonsense"):
        assert part in said
    assert not Deployment.objects.exists()


def _again(environment: Environment) -> Environment:
    """Return it as another request reads it."""
    return Environment.objects.get(pk=environment.pk)


def test_what_runs_there_is_no_refusal(qa: Environment, at_the_door: Door) -> None:
    lifecycle.request(qa, "main", at_the_door)

    assert lifecycle.request(qa, "v2", at_the_door).status == "queued"


def test_a_ref_that_moved_since_somebody_looked_is_refused(
    qa: Environment, at_the_door: Door, repository: Repository
) -> None:
    seen = tip(repository)
    repository.commit({"app.py": "four\n"}, "Say it again")

    with pytest.raises(Refused, match=f"main is at .* now, not at {seen[:7]}. Look at it again"):
        lifecycle.request(qa, "main", at_the_door, expected_sha=seen)


def test_a_ref_that_stayed_is_deployed(
    qa: Environment, at_the_door: Door, repository: Repository
) -> None:
    asked = lifecycle.request(qa, "main", at_the_door, expected_sha=tip(repository))

    assert asked.status == "queued"


@pytest.fixture
def away(repository: Repository, qa: Environment, settings: object) -> Path:
    """A repository that cannot be reached for now: its folder is called otherwise."""
    return repository.path.rename(repository.path.with_name("away.git"))


@pytest.mark.usefixtures("carrier")
def test_a_repository_that_is_away_leaves_it_pending(
    qa: Environment, at_the_door: Door, away: Path
) -> None:
    asked = lifecycle.request(qa, "main", at_the_door)

    assert (asked.status, asked.sha, bells()) == ("pending", "", [])
    assert asked.note


def test_what_is_refused_lists_also_that_the_repository_is_away(
    qa: Environment, bob: Person, alice: Person, away: Path
) -> None:
    build.deployment(qa, alice, "a" * 40, status="queued")

    with pytest.raises(Refused) as refused:
        lifecycle.request(_again(qa), "main", Door(bob, "web"))

    not_allowed, gone, running = refused.value.reasons
    assert "Bob may not deploy" in not_allowed and "comes first" in running
    assert "There is no folder" in gone and "begins by itself when it answers" in gone


def test_a_commit_that_is_at_hand_needs_no_repository(
    qa: Environment, at_the_door: Door, repository: Repository
) -> None:
    sha = lifecycle.request(qa, "main", at_the_door).sha
    repository.path.rename(repository.path.with_name("away.git"))

    assert lifecycle.request(qa, sha, at_the_door).status == "queued"


@pytest.mark.usefixtures("carrier")
def test_the_same_key_is_the_same_request(qa: Environment, alice: Person) -> None:
    first = lifecycle.request(qa, "main", Door(alice, "web", "k"))
    second = lifecycle.request(qa, "v2", Door(alice, "chat", "k"))

    assert first == second
    assert Deployment.objects.count() == 1


def test_anothers_key_is_another_request(qa: Environment, alice: Person, dora: Person) -> None:
    first = lifecycle.request(qa, "main", Door(alice, "web", "k"))
    second = lifecycle.request(qa, "main", Door(dora, "web", "k"))

    assert first != second


def test_without_a_key_each_request_counts(qa: Environment, at_the_door: Door) -> None:
    assert lifecycle.request(qa, "main", at_the_door) != lifecycle.request(qa, "main", at_the_door)


def test_long_keys_that_begin_alike_are_different(qa: Environment, alice: Person) -> None:
    keys = ["k" * 200 + end for end in "ab"]

    first, second = (lifecycle.request(qa, "main", Door(alice, "api", key)) for key in keys)

    assert first != second
    assert lifecycle.find_by_key(Door(alice, "api", keys[0])) == first


ASK = """
from deployments.models import Environment, Person
from deployments.services import lifecycle
door = lifecycle.Door(Person.objects.get(username="alice"), "web", "the same")
print(lifecycle.request(Environment.objects.get(name="qa"), "main", door).pk)
"""


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("qa", "alice")
def test_two_processes_with_the_same_key_make_one() -> None:
    said = elsewhere.race(ASK, 3)

    assert len(set(said)) == 1
    assert Deployment.objects.count() == 1


def test_what_it_asks_the_database_does_not_grow_with_hosts(
    production: Environment, at_the_door: Door, django_assert_max_num_queries: object
) -> None:
    with django_assert_max_num_queries(40):  # type: ignore[operator]
        lifecycle.request(production, "main", at_the_door)
