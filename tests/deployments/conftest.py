"""Alice may deploy, bob may look, charlie is nobody here, dora keeps the settings, root rules."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import Client
from django_q.conf import Conf
from pytest_django import Settings

from deployments.forges.github import client
from deployments.models import Application, Environment, Person
from tests.deployments import build
from tests.servers import redis_server as redis_servers
from tests.servers.emulate import server
from tests.servers.emulate.server import Emulated
from tests.servers.github.hub import GitHub
from tests.servers.github.server import served
from tests.servers.redis_server import RedisServer
from tests.servers.repositories import Repository

# Redis knows no transactions: a bell rings once its row is written for good.
REDIS = pytest.param("redis", marks=[pytest.mark.slow, pytest.mark.django_db(transaction=True)])


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
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[GitHub]:
    """A GitHub: every request and every answer keeps to its own description, or the test fails."""
    with served(tmp_path / "github") as hub:
        monkeypatch.setenv("GIT_SSL_CAINFO", str(tmp_path / "github/server.pem"))
        monkeypatch.setattr(client, "PAUSES", (0.01, 0.01))
        yield hub
    assert hub.violations == []


@pytest.fixture
def emulated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Emulated]:
    """A GitHub that is not of our making."""
    with server.served(tmp_path / "emulated") as emulated:
        monkeypatch.setenv("GIT_SSL_CAINFO", str(emulated.certificate))
        yield emulated


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


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    with redis_servers.server(tmp_path_factory.mktemp("redis")) as made:
        yield made


@pytest.fixture
def redis(
    redis_server: RedisServer, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> Iterator[RedisServer]:
    """Have Redis carry the bells."""
    settings.SHIPMATE_REDIS_URL = redis_server.address
    monkeypatch.setattr(Conf, "REDIS", redis_server.address)
    monkeypatch.setattr(Conf, "BROKER_CLASS", "chatops.redis_bells.RedisBells")
    yield redis_server
    redis_server.empty()


@pytest.fixture(params=["database", REDIS])
def carrier(request: pytest.FixtureRequest) -> str:
    """Have the database carry the bells, and then Redis."""
    if request.param == "redis":
        request.getfixturevalue("redis")
    return str(request.param)
