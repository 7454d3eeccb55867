"""Again and back while the repository is away: what needs its code waits, the rest goes on."""

from __future__ import annotations

from pathlib import Path

import pytest

from deployments.exceptions import Refused
from deployments.models import Deployment, Environment, Person
from deployments.selectors import code
from deployments.services import clearing, lifecycle
from deployments.services.lifecycle import Door
from tests.deployments import build
from tests.deployments.services.conftest import copy, tip
from tests.servers.repositories import Repository

pytestmark = pytest.mark.django_db


@pytest.fixture
def away(repository: Repository) -> Path:
    """A repository that nobody has read yet, and that cannot be reached now."""
    return repository.path.rename(repository.path.with_name("away.git"))


def commit(away: Path, ref: str = "main") -> str:
    return tip(Repository(away), ref)


@pytest.fixture
def failed(qa: Environment, alice: Person, away: Path) -> Deployment:
    return build.deployment(qa, alice, commit(away, "v2"), status="failure", ref="main")


def test_a_retry_waits_for_its_code(failed: Deployment, at_the_door: Door) -> None:
    again = lifecycle.retry(failed, at_the_door)

    assert (again.status, again.sha) == ("pending", failed.sha)
    assert again.note.startswith("There is no folder")


def test_it_is_queued_with_the_same_commit_when_the_repository_is_back(
    failed: Deployment, at_the_door: Door, away: Path, repository: Repository
) -> None:
    again = lifecycle.retry(failed, at_the_door)
    clearing.clear(again)
    assert copy(again).status == "pending"

    away.rename(repository.path)
    clearing.clear(again)

    kept = copy(again)
    assert (kept.status, kept.note) == ("queued", "")
    assert (kept.sha, kept.ref) == (failed.sha, "main")


def test_a_retry_whose_code_is_at_hand_waits_for_nothing(
    failed: Deployment, at_the_door: Door, away: Path, repository: Repository
) -> None:
    away.rename(repository.path)
    code.refs(failed.environment.application)
    repository.path.rename(away)

    assert lifecycle.retry(failed, at_the_door).status == "queued"


def test_a_refused_retry_lists_it_too(failed: Deployment, bob: Person) -> None:
    with pytest.raises(Refused) as refused:
        lifecycle.retry(failed, Door(bob, "web"))

    assert "may not deploy" in refused.value.reasons[0]
    assert "There is no folder" in refused.value.reasons[1]


# ---- Back ----


@pytest.fixture
def kept(qa: Environment, alice: Person, away: Path) -> Deployment:
    """What ran before, and what the host keeps of it."""
    frozen = {"hosts": [{"name": "hello-qa-1"}], "settings": {}, "returns": False, "keep": []}
    made = build.live(qa, alice, commit(away, "v2"), settings=frozen)
    build.live(qa, alice, commit(away))
    return made


def test_back_to_a_release_that_the_hosts_keep_waits_for_nothing(
    kept: Deployment, qa: Environment, at_the_door: Door
) -> None:
    back = lifecycle.rollback(qa, at_the_door)

    assert (back.status, back.parent, back.note) == ("queued", kept, "")


def test_nor_is_a_refusal_told_of_it(kept: Deployment, qa: Environment, bob: Person) -> None:
    with pytest.raises(Refused) as refused:
        lifecycle.rollback(qa, Door(bob, "web"))

    assert len(refused.value.reasons) == 1


def test_back_to_a_release_that_must_be_sent_again_waits_for_its_code(
    kept: Deployment, qa: Environment, at_the_door: Door
) -> None:
    build.place(qa, "hello-qa-2")  # which never had it

    back = lifecycle.rollback(qa, at_the_door)

    assert (back.status, back.sha) == ("pending", kept.sha)
    assert "There is no folder" in back.note
