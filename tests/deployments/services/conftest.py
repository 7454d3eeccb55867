"""People who ask for deployments, and a lease that is quickly over."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings

from deployments.models import Application, Deployment, Environment, Person
from deployments.services.lifecycle import Door
from deployments.services.moves import move
from tests.deployments import build
from tests.deployments.services import here as here_of
from tests.deployments.services import world as world_of
from tests.deployments.services.world import World
from tests.servers.repositories import Repository
from tests.servers.sshd import Sshd

SHA = "a" * 40


@pytest.fixture
def short_lease(settings: Settings) -> None:
    settings.SHIPMATE_LEASE_SECONDS = 1


@pytest.fixture(scope="session")
def machines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Sshd]]:
    with world_of.running(tmp_path_factory.mktemp("machines")) as hosts:
        yield hosts


@pytest.fixture
def world(transactional_db: None, machines: list[Sshd], tmp_path: Path) -> World:
    """An environment with three real hosts, whose homes are empty."""
    return world_of.make(world_of.fresh(machines), tmp_path)


@pytest.fixture
def breakable(transactional_db: None, tmp_path: Path) -> Iterator[World]:
    """One whose hosts a test may break."""
    with world_of.running(tmp_path / "machines") as hosts:
        yield world_of.make(hosts, tmp_path)


@pytest.fixture
def haunted(transactional_db: None, tmp_path: Path) -> Iterator[World]:
    with world_of.haunted(tmp_path) as made:
        yield made


@pytest.fixture
def shop(transactional_db: None, tmp_path: Path) -> World:
    """An environment without hosts: a program on this machine deploys, `script/deploy`."""
    return here_of.make(tmp_path)


@pytest.fixture
def at_the_door(alice: Person) -> Door:
    """Alice, by the web."""
    return Door(alice, "web")


@pytest.fixture
def plain(db: None) -> Application:
    """An application of which no code is needed."""
    return build.application("plain", Path("/nowhere/plain.git"))


@pytest.fixture
def here(plain: Application) -> Environment:
    return build.environment(plain, "here", hosts=2, position=1)


@pytest.fixture
def there(plain: Application) -> Environment:
    return build.environment(plain, "there", position=2)


@pytest.fixture
def queued(here: Environment, alice: Person) -> Deployment:
    """A deployment that waits for a worker, whose bell has rung."""
    return enqueue(here, alice)


def enqueue(environment: Environment, person: Person, **fields: Any) -> Deployment:
    deployment = build.deployment(environment, person, SHA, status="pending", **fields)
    assert move(deployment, "queued")
    return deployment


def copy(deployment: Deployment) -> Deployment:
    """Read it again, as another process does."""
    return Deployment.objects.get(pk=deployment.pk)


def fall_silent(deployment: Deployment) -> None:
    """Let the lease of whoever holds it be over, and its bell have rung a while ago."""
    over = timezone.now() - timedelta(seconds=10)
    Deployment.objects.filter(pk=deployment.pk).update(lease_until=over, rung_at=over)


def tip(repository: Repository, ref: str = "main") -> str:
    return repository.git("rev-parse", f"{ref}^{{commit}}")
