"""Servers that are Heroku and AWS as far as their descriptions tell, and the code of a commit."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from deployments.providers.clouds import beanstalk, beanstalk_api, heroku_api, heroku_output
from deployments.providers.clouds import heroku as program
from deployments.providers.clouds.beanstalk_api import Beanstalk, Keys
from deployments.providers.clouds.heroku import Order
from deployments.providers.clouds.heroku_api import Client
from tests.deployments.providers.clouds import aws_server
from tests.deployments.providers.clouds.aws_server import Aws
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


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Aws]:
    """AWS, whose updates end at once; whatever does not keep to its model fails the test."""
    monkeypatch.setattr(beanstalk, "PAUSE", 0.01)
    monkeypatch.setattr(beanstalk_api, "PAUSE", 0.01)
    with aws_server.serving(Aws()) as served:
        served.tell("Environment health has transitioned to Ok.")
        served.go_on.set()
        yield served
        assert served.wrong == []


@pytest.fixture
def cloud(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> Beanstalk:
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, "")
    keys = Keys(aws_server.KEY_ID, aws_server.SECRET)
    return Beanstalk("shop", "shop-production", "eu-west-1", keys, aws.address)


@pytest.fixture
def asked(code: Path) -> beanstalk.Order:
    return beanstalk.Order(SHA, code, "Shipmate #812 shop/production", health_seconds=0)
