"""Alice may deploy, bob may look, charlie is nobody here, dora keeps the settings, root rules."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.test import Client

from deployments.models import Application, Environment, Person
from tests.deployments import build
from tests.servers.repositories import Repository


@pytest.fixture
def alice(db: None) -> Person:
    return build.person("alice")


@pytest.fixture
def bob(db: None) -> Person:
    return build.person("bob")


@pytest.fixture
def charlie(db: None) -> Person:
    """Somebody whose account is switched off."""
    made = build.person("charlie")
    made.is_active = False
    made.save(update_fields=["is_active"])
    return made


@pytest.fixture
def dora(db: None) -> Person:
    return build.person("dora")


@pytest.fixture
def root(db: None) -> Person:
    return build.person("root")


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return build.repository(tmp_path)


@pytest.fixture
def hello(db: None, repository: Repository) -> Application:
    """An application with qa on one host and production on two, ready to be deployed."""
    app = build.application("hello", repository.path)
    build.environment(app, "qa", hosts=1, position=1)
    build.environment(app, "production", hosts=2, position=2, production=True)
    return app


@pytest.fixture
def qa(hello: Application) -> Environment:
    return hello.environments.get(name="qa")


@pytest.fixture
def production(hello: Application) -> Environment:
    return hello.environments.get(name="production")


@pytest.fixture
def as_alice(client: Client, alice: Person) -> Client:
    client.force_login(alice)
    return client


@pytest.fixture
def as_bob(client: Client, bob: Person) -> Client:
    client.force_login(bob)
    return client


@pytest.fixture
def as_dora(client: Client, dora: Person) -> Client:
    client.force_login(dora)
    return client
