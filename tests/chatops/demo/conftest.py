from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import paramiko
import pytest

from chatops.demo.repository import make_repository
from chatops.demo.ssh_hosts import DemoHost
from tests.chatops.demo.ssh_client import Target, connect


@pytest.fixture(scope="session")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    with Target(tmp_path_factory.mktemp("target"), "web-1", "web-2") as running:
        yield running


@pytest.fixture
def start_target(tmp_path: Path) -> Iterator[Callable[..., Target]]:
    started: list[Target] = []

    def start(*names: str) -> Target:
        started.append(Target(tmp_path / "target", *names).__enter__())
        return started[-1]

    yield start
    for running in started:
        running.end()


@pytest.fixture
def host(target: Target) -> DemoHost:
    return target.hosts[0]


@pytest.fixture
def wire(target: Target, host: DemoHost) -> Iterator[paramiko.Transport]:
    transport = connect(host, target.key)
    yield transport
    transport.close()


@pytest.fixture(scope="session")
def hello(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_repository(tmp_path_factory.mktemp("repository") / "hello")
