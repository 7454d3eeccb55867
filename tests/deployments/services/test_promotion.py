"""A promotion deploys exactly what runs elsewhere, and the same request counts once."""

from __future__ import annotations

import pytest

from deployments.exceptions import Refused
from deployments.models import Deployment, Environment, Person
from deployments.services import lifecycle, locks
from deployments.services.lifecycle import Door
from deployments.services.promotion import promote
from tests.deployments import build
from tests.servers.repositories import Repository


@pytest.fixture
def runs(qa: Environment, alice: Person, repository: Repository) -> Deployment:
    sha = repository.git("rev-parse", "v2^{commit}")
    return build.live(qa, alice, sha, ref="v2", parameters={"REGION": "eu"})


def test_it_is_the_commit_and_not_what_its_ref_means_now(
    qa: Environment, production: Environment, alice: Person, runs: Deployment,
    repository: Repository,
) -> None:  # fmt: skip
    repository.git("tag", "-f", "v2", "main")

    made = promote(qa, production, Door(alice, "web"))

    assert (made.sha, made.ref, made.status) == (runs.sha, "v2", "queued")
    assert (made.kind, made.parent, made.parameters) == ("promote", runs, {})


def test_the_same_request_gives_the_same_deployment(
    qa: Environment, production: Environment, alice: Person, runs: Deployment
) -> None:
    first = promote(qa, production, Door(alice, "web", "1"))
    build.live(production, alice, runs.sha)

    assert promote(qa, production, Door(alice, "web", "1")) == first


def test_a_lock_of_the_target_refuses_it(
    qa: Environment, production: Environment, alice: Person, dora: Person, runs: Deployment
) -> None:
    locks.take(production, Door(dora, "web"))

    with pytest.raises(Refused, match="Dora locked hello/production"):
        promote(qa, production, Door(alice, "web"))


def test_a_retry_of_it_deploys_the_same_commit(
    qa: Environment, production: Environment, alice: Person, runs: Deployment
) -> None:
    made = promote(qa, production, Door(alice, "web"))
    lifecycle.cancel(made, Door(alice, "web"))

    again = lifecycle.retry(made, Door(alice, "web"))

    assert (again.sha, again.kind, again.parent) == (runs.sha, "retry", made)
