"""A merge that is asked for while the repository is away is decided on when it is back."""

from __future__ import annotations

from typing import Unpack

import pytest

from deployments.models import Application, Deployment, Environment
from deployments.services import (
    clearing,
    lifecycle,
)
from deployments.services.lifecycle import Door
from deployments.services.looking import More
from tests.deployments import merging as merging_of
from tests.deployments.merging import FIRST
from tests.deployments.services.conftest import copy, tip
from tests.servers.repositories import Repository

pytestmark = pytest.mark.django_db


@pytest.fixture
def branch(hello: Application, repository: Repository) -> str:
    """A branch that lacks one commit of main; its app wants that merged."""
    return merging_of.lagging(hello, repository)


@pytest.fixture
def conflicting(branch: str, repository: Repository) -> str:
    return merging_of.conflicting(repository)


def ask_while_away(
    repository: Repository, place: Environment, ref: str, door: Door, **more: Unpack[More]
) -> Deployment:
    """Ask while the repository cannot be reached; it is back since."""
    away = repository.path.rename(repository.path.with_name("away.git"))
    asked = lifecycle.request(place, ref, door, **more)
    away.rename(repository.path)
    return asked


def test_what_was_asked_for_while_it_was_away_is_merged_then(
    qa: Environment, at_the_door: Door, branch: str, repository: Repository
) -> None:
    asked = ask_while_away(repository, qa, "fix-login", at_the_door)

    clearing.clear(copy(asked))

    assert (copy(asked).status, copy(asked).note) == ("queued", FIRST)


def test_what_was_looked_at_before_it_was_away_is_merged_into(
    qa: Environment, at_the_door: Door, branch: str, repository: Repository
) -> None:
    asked = ask_while_away(repository, qa, "fix-login", at_the_door, expected_sha=branch)

    clearing.clear(copy(asked))

    assert (copy(asked).status, copy(asked).note) == ("queued", FIRST)
    assert repository.git("rev-parse", f"{copy(asked).sha}^1") == branch


def test_a_branch_that_moved_while_it_was_away_is_not_merged_into(
    qa: Environment, at_the_door: Door, branch: str, repository: Repository
) -> None:
    asked = ask_while_away(repository, qa, "fix-login", at_the_door, expected_sha=branch)
    late = repository.commit({"late.py": "x\n"}, branch="fix-login")

    clearing.clear(copy(asked))

    assert copy(asked).note.startswith(f"fix-login is at {late[:7]} now, not at {branch[:7]}.")
    assert tip(repository, "fix-login") == late


def test_what_needs_no_merge_is_what_was_looked_at_before_it_was_away(
    qa: Environment, at_the_door: Door, branch: str, repository: Repository
) -> None:
    seen = tip(repository)
    asked = ask_while_away(repository, qa, "main", at_the_door, expected_sha=seen)
    repository.commit({"late.py": "x\n"})

    clearing.clear(copy(asked))

    assert (copy(asked).status, copy(asked).sha) == ("queued", seen)


def test_a_conflict_that_nobody_could_see_ends_it_in_the_same_words(
    qa: Environment, at_the_door: Door, conflicting: str, repository: Repository
) -> None:
    asked = ask_while_away(repository, qa, "fix-login", at_the_door)

    clearing.clear(copy(asked))

    assert (copy(asked).status, copy(asked).reason) == ("error", "forge")
    assert "in app.py. Merge main into fix-login by hand and push" in copy(asked).note
