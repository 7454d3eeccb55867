"""One real host for all tests here; those who break a host start one of their own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from deployments.runner.connection import Connection
from tests.deployments.runner.shells import Shell
from tests.servers import sshd as servers
from tests.servers.sshd import Sshd


@pytest.fixture(scope="session")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    with servers.running(tmp_path_factory.mktemp("host") / "web-1") as running:
        yield running


@pytest.fixture
def own_host(tmp_path: Path) -> Iterator[Sshd]:
    """A host that a test may break."""
    with servers.running(tmp_path / "web-2") as running:
        yield running


@pytest.fixture(params=["dash", "busybox"])
def any_host(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Sshd]:
    """A host with dash and the GNU tools, then one with nothing but busybox."""
    if request.param == "busybox":
        path = servers.only_busybox(tmp_path / "bin")
    else:
        path = servers.shell_first(tmp_path / "bin", "dash")
    with servers.running(tmp_path / "web-3", path=path) as running:
        yield running


@pytest.fixture
def connection(host: Sshd) -> Iterator[Connection]:
    with Connection.open(host.target()) as opened:
        yield opened


@pytest.fixture(params=["dash", "busybox", "bash"])
def shell(request: pytest.FixtureRequest, tmp_path: Path) -> Shell:
    home = tmp_path / "home"
    home.mkdir()
    if request.param == "busybox":
        return Shell(home, servers.only_busybox(tmp_path / "bin"))
    return Shell(home, servers.shell_first(tmp_path / "bin", request.param))


@pytest.fixture
def dash(tmp_path: Path) -> Shell:
    home = tmp_path / "home"
    home.mkdir()
    return Shell(home, servers.shell_first(tmp_path / "bin", "dash"))
