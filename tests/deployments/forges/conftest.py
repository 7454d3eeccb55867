"""A repository under an allowed folder, and a state folder of the test's own."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytest_django import Settings

from deployments.forges.contract import Source
from deployments.forges.local import LocalForge
from tests.servers.repositories import Repository


@pytest.fixture(autouse=True)
def root(tmp_path: Path, settings: Settings) -> Path:
    """The one folder in which repositories are allowed."""
    settings.SHIPMATE_STATE = tmp_path / "state"
    settings.SHIPMATE_REPOSITORY_ROOTS = [tmp_path / "repositories"]
    settings.SHIPMATE_MIRROR_MAX_MB = 100
    settings.GIT_TIMEOUT = 20
    return tmp_path / "repositories"


@pytest.fixture
def repository(root: Path) -> Repository:
    return Repository(root / "web.git")


@pytest.fixture
def source(repository: Repository) -> Source:
    return Source(str(repository.path), "web")


@pytest.fixture
def forge() -> LocalForge:
    return LocalForge()
