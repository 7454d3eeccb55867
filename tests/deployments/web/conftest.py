"""Production as a failure behind the switch leaves it."""

from __future__ import annotations

import pytest

from deployments.models import Deployment, Environment, Person
from tests.deployments import build
from tests.deployments.web.production import sha
from tests.servers.repositories import Repository


@pytest.fixture
def failed(alice: Person, production: Environment, repository: Repository) -> Deployment:
    """What both hosts run, since it failed behind the switch; before it ran the first commit."""
    build.live(production, alice, sha(repository, "main~2"))
    return build.switched(production, alice, sha(repository, "v2"))


@pytest.fixture
def mixed(alice: Person, production: Environment, repository: Repository) -> tuple[str, str]:
    """The commits of two hosts: the first one runs what failed on it."""
    first, second = sha(repository, "main~2"), sha(repository, "v2")
    build.live(production, alice, first)
    build.switched(production, alice, second, "hello-production-1")
    return first[:7], second[:7]
