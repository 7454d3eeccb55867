"""A GitHub of the test's own with one private repository, and a token that opens it."""

from __future__ import annotations

import pytest

from deployments.forges.contract import Source
from deployments.forges.github import GitHubForge
from deployments.forges.github.access import opened
from tests.servers.github.hub import TOKEN, GitHub
from tests.servers.repositories import Repository

NAME = "acme/web"


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
