"""Two shells that hosts really have."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.deployments.providers.local_host import LocalHost

SHELLS = {"dash": ["dash"], "busybox": ["busybox", "sh"]}


@pytest.fixture(params=list(SHELLS))
def host(request: pytest.FixtureRequest, tmp_path: Path) -> LocalHost:
    home = tmp_path / "it's a $(home)"
    home.mkdir()
    program, *more = SHELLS[request.param]
    return LocalHost(home, [shutil.which(program) or program, *more])
