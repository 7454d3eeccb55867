"""A pending deployment is looked at again: it goes on, waits on, or ends in time."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from deployments import sweeper
from deployments.models import Deployment, Environment, ForgeAccess, Person
from deployments.services import checks, clearing, lifecycle, locks, people
from deployments.services.lifecycle import Door
from tests.deployments import build
from tests.deployments.services.at_github import shop_at
from tests.deployments.services.conftest import copy, tip
from tests.servers.github.hub import GitHub
from tests.servers.repositories import Repository

pytestmark = pytest.mark.django_db


@pytest.fixture
def away(repository: Repository) -> Path:
    """A repository that nobody has read yet, and that cannot be reached now."""
    return repository.path.rename(repository.path.with_name("away.git"))


@pytest.fixture
def gated(qa: Environment) -> Environment:
    """Wants ci."""
    qa.checks, qa.required_contexts = "named", ["ci"]
    qa.save()
    return qa


@pytest.fixture
def asked(gated: Environment, at_the_door: Door, away: Path, repository: Repository) -> Deployment:
    """Asked for while nobody could tell its commit; the repository is back since."""
    deployment = lifecycle.request(gated, "main", at_the_door)
    away.rename(repository.path)
    return deployment


@pytest.mark.usefixtures("carrier")
def test_a_pending_one_is_queued_when_the_repository_is_back(
    qa: Environment, at_the_door: Door, away: Path, repository: Repository
) -> None:
    asked = lifecycle.request(qa, "main", at_the_door)
    away.rename(repository.path)

    clearing.clear(asked)

    kept = Deployment.objects.get(pk=asked.pk)
    assert (kept.status, kept.sha, kept.note) == ("queued", tip(repository), "")
    assert kept.subject == "Say it three times"


def test_a_pending_one_keeps_what_somebody_looked_at(
    qa: Environment, at_the_door: Door, away: Path, repository: Repository
) -> None:
    seen = Repository(away).git("rev-parse", "main")
    asked = lifecycle.request(qa, "main", at_the_door, expected_sha=seen)
    away.rename(repository.path)
    repository.commit({"app.py": "four\n"}, "Say it again")

    clearing.clear(asked)

    assert Deployment.objects.get(pk=asked.pk).sha == seen


def test_a_pending_one_waits_on_while_there_is_time(
    qa: Environment, at_the_door: Door, away: Path
) -> None:
    asked = lifecycle.request(qa, "main", at_the_door)

    clearing.clear(asked)

    assert Deployment.objects.get(pk=asked.pk).status == "pending"


def test_a_pending_one_ends_when_its_time_is_over(
    qa: Environment, at_the_door: Door, away: Path, settings: object
) -> None:
    asked = lifecycle.request(qa, "main", at_the_door)
    settings.SHIPMATE_PENDING_DEADLINE = -1  # type: ignore[attr-defined]

    clearing.clear(asked)

    kept = Deployment.objects.get(pk=asked.pk)
    assert (kept.status, kept.reason) == ("error", "forge")
    assert kept.note == asked.note


def test_a_pending_one_whose_ref_is_not_there_ends(
    qa: Environment, at_the_door: Door, away: Path, repository: Repository
) -> None:
    asked = lifecycle.request(qa, "nonsense", at_the_door)
    away.rename(repository.path)

    clearing.clear(asked)

    kept = Deployment.objects.get(pk=asked.pk)
    assert (kept.status, kept.reason) == ("error", "forge")
    assert "nonsense" in kept.note


def test_what_was_cancelled_meanwhile_is_not_cleared(
    qa: Environment, at_the_door: Door, away: Path, repository: Repository
) -> None:
    asked = lifecycle.request(qa, "main", at_the_door)
    stale = Deployment.objects.get(pk=asked.pk)
    lifecycle.cancel(asked, at_the_door)
    away.rename(repository.path)

    clearing.clear(stale)

    assert Deployment.objects.get(pk=asked.pk).status == "cancelled"


def test_one_whose_checks_have_not_passed_waits_for_them(
    asked: Deployment, repository: Repository
) -> None:
    clearing.clear(asked)

    kept, sha = copy(asked), tip(repository)
    assert (kept.status, kept.waits_for, kept.sha) == ("pending", "checks", sha)
    assert kept.note == f"{sha[:7]} waits for its checks: ci was not reported."


def test_it_goes_on_when_they_have_passed(asked: Deployment, alice: Person) -> None:
    clearing.clear(asked)
    where = asked.environment.application.repository
    checks.report(where, copy(asked).sha, alice, context="ci", state="success")

    clearing.clear(copy(asked))

    assert copy(asked).status == "queued"


def test_what_is_to_wait_for_checks_does_so_when_its_repository_is_back(
    qa: Environment, at_the_door: Door, away: Path, repository: Repository
) -> None:
    asked = lifecycle.request(qa, "main", at_the_door, when_green=True)
    away.rename(repository.path)

    clearing.clear(asked)

    kept = copy(asked)
    assert (kept.status, kept.waits_for) == ("pending", "checks")
    assert kept.note.endswith("no check was reported.")


def test_a_commit_that_was_decided_stays_though_the_branch_moves(
    asked: Deployment, alice: Person, repository: Repository
) -> None:
    clearing.clear(asked)
    sha = copy(asked).sha
    repository.commit({"app.py": "four\n"}, "Say it again")
    checks.report(
        asked.environment.application.repository, sha, alice, context="ci", state="success"
    )

    clearing.clear(copy(asked))

    assert (copy(asked).status, copy(asked).sha) == ("queued", sha)


def test_one_that_was_forced_waits_for_no_check(
    gated: Environment, dora: Person, away: Path, repository: Repository
) -> None:
    forced = lifecycle.request(gated, "main", Door(dora, "web"), force=True)
    away.rename(repository.path)

    clearing.clear(forced)

    assert copy(forced).status == "queued"


def test_the_time_for_checks_is_another_than_that_for_the_repository(
    asked: Deployment, settings: object
) -> None:
    clearing.clear(asked)
    settings.SHIPMATE_PENDING_DEADLINE = -1_000  # type: ignore[attr-defined]

    sweeper.sweep()

    assert copy(asked).status == "pending"


def test_checks_that_have_not_passed_in_time_end_it(asked: Deployment, settings: object) -> None:
    clearing.clear(asked)
    settings.SHIPMATE_WAITING_DEADLINE = -1  # type: ignore[attr-defined]

    clearing.clear(copy(asked))

    kept = copy(asked)
    assert (kept.status, kept.reason) == ("error", "settings")
    assert kept.note.endswith("ci was not reported.")


def test_time_begins_when_it_waits_for_something_else(asked: Deployment) -> None:
    long_ago = asked.created_at - timedelta(days=30)
    Deployment.objects.filter(pk=asked.pk).update(created_at=long_ago)

    clearing.clear(copy(asked))

    assert (copy(asked).status, copy(asked).waits_for) == ("pending", "checks")


def test_whoever_may_not_deploy_any_more_does_not(
    asked: Deployment, alice: Person, root: Person
) -> None:
    asked.environment.checks = "none"
    asked.environment.save()
    people.set_active(alice, False, root)

    clearing.clear(copy(asked))

    kept = copy(asked)
    assert (kept.status, kept.reason) == ("error", "settings")
    assert "Alice may not deploy" in kept.note


def test_one_whose_forge_lets_nobody_in_any_more_ends_and_says_so(
    hub: GitHub, root: Person, alice: Person
) -> None:
    asked = shop_at(hub, root, alice).ask(when_green=True)
    ForgeAccess.objects.all().delete()
    Deployment.objects.update(look_at=None)

    clearing.clear(copy(asked))

    kept = copy(asked)
    assert (kept.status, kept.reason) == ("error", "forge")
    assert "no credential for GitHub" in kept.note


@pytest.mark.parametrize(
    ("wait", "seconds"),
    [
        (None, 1_800),
        ("repository", 1_800),
        ("merge", 1_800),
        ("checks", 86_400),
        ("approval", 86_400),
    ],
)
@pytest.mark.parametrize("stamp", ["waits_since", "created_at"])
def test_only_what_is_over_time_is_read_to_be_ended(
    qa: Environment, alice: Person, wait: str | None, seconds: int, stamp: str
) -> None:
    made = build.deployment(qa, alice, "", status="pending", waits_for=wait)
    mine = Deployment.objects.filter(pk=made.pk)
    found = []
    for waited in (seconds - 60, seconds + 60):
        mine.update(**{stamp: timezone.now() - timedelta(seconds=waited)})
        found.append(mine.filter(clearing.overdue()).exists())

    assert found == [False, True]


def test_a_lock_does_not_end_it(asked: Deployment, dora: Person) -> None:
    asked.environment.checks = "none"
    asked.environment.save()
    locks.take(asked.environment, Door(dora, "web"))

    clearing.clear(copy(asked))

    assert copy(asked).status == "queued"
