"""A server that is Heroku as far as its schema tells, and the code of a commit."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from deployments.providers.clouds import heroku as program
from deployments.providers.clouds import heroku_api, heroku_output
from deployments.providers.clouds.heroku import Order
from deployments.providers.clouds.heroku_api import Client
from tests.deployments.providers.clouds.heroku_server import APP, TOKEN, Heroku, serving

SHA = "1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d"


@pytest.fixture
def heroku(monkeypatch: pytest.MonkeyPatch) -> Iterator[Heroku]:
    """Heroku, whose builds end at once; whatever does not keep to its schema fails the test."""
    monkeypatch.setattr(program, "PAUSE", 0.01)
    monkeypatch.setattr(heroku_output, "PAUSE", 0.01)
    monkeypatch.setattr(heroku_api, "PAUSES", (0.01,) * 5)
    with serving(Heroku()) as served:
        served.go_on.set()
        yield served
        assert served.wrong == []


@pytest.fixture
def client(heroku: Heroku) -> Client:
    return Client(APP["name"], TOKEN, heroku.address)


@pytest.fixture
def code(tmp_path: Path) -> Path:
    folder = tmp_path / "code"
    (folder / "bin").mkdir(parents=True)
    (folder / ".git").mkdir()
    (folder / ".git" / "config").write_text("[core]\n")
    (folder / "Procfile").write_text("web: bin/serve\n")
    (folder / "bin" / "serve").write_text("#!/bin/sh\n")
    (folder / "bin" / "serve").chmod(0o755)
    (folder / "serve").symlink_to("bin/serve")
    return folder


@pytest.fixture
def order(code: Path) -> Order:
    return Order(SHA, code, "Shipmate #812 shop/production")
