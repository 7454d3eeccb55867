"""A GitHub of the test's own with one private repository, and a token that opens it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from deployments.forges.contract import Source
from deployments.forges.github import GitHubForge, client
from deployments.forges.github.access import opened
from tests.servers.github.hub import TOKEN, GitHub
from tests.servers.github.server import served
from tests.servers.repositories import Repository

NAME = "acme/web"


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[GitHub]:
    """Every request and every answer kept to GitHub's own description, or the test fails."""
    with served(tmp_path / "github") as hub:
        monkeypatch.setenv("GIT_SSL_CAINFO", str(tmp_path / "github/server.pem"))
        monkeypatch.setattr(client, "PAUSES", (0.01, 0.01))
        yield hub
    assert hub.violations == []


@pytest.fixture
def repository(hub: GitHub) -> Repository:
    return hub.make(NAME)


@pytest.fixture
def closed(hub: GitHub, repository: Repository) -> Source:
    """The repository without anything that opens it."""
    return Source(f"{hub.address}/{NAME}", NAME)


@pytest.fixture
def source(closed: Source) -> Source:
    return opened(closed, TOKEN)


@pytest.fixture
def forge() -> GitHubForge:
    return GitHubForge()
