"""Environments at a cloud, served by what keeps to Heroku's schema and AWS's model."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from deployments.models import Environment
from deployments.services import credentials
from tests.deployments import build
from tests.deployments.providers.clouds import aws_server, heroku_server
from tests.deployments.providers.clouds.aws_server import KEY_ID, SECRET, Aws
from tests.deployments.providers.clouds.heroku_server import TOKEN, Heroku
from tests.deployments.services.kind import Kind
from tests.deployments.services.world import World
from tests.servers.repositories import Repository

KEYS = {"AWS_ACCESS_KEY_ID": KEY_ID, "AWS_SECRET_ACCESS_KEY": SECRET}


def make(folder: Path, provider: str, secrets: dict[str, str], **settings: Any) -> World:
    """Make an environment without a host, whose application goes to a cloud."""
    repository = Repository(folder / "shop.git")
    repository.commit({"Procfile": "web: serve\n"}, "Begin")
    app = build.application("shop", repository.path, **settings)
    app.provider = provider
    app.save()
    production = Environment.objects.create(application=app, name="production", position=1)
    root = build.person("root")
    for name, value in secrets.items():
        credentials.set_secret(name, value, root, application=app)
    return World(production, repository, [], build.person("alice"))


class Cloud(Kind, Protocol):
    """A cloud and an environment there."""

    stopped: str  # what the log says where it is ended


class AtHeroku:
    name = "heroku"
    fault = {"check_seconds": 0}
    begun = "Building on"
    refusal = "Heroku could not build it."
    secret = TOKEN
    stopped = "Heroku was asked to stop build"

    def __init__(self, heroku: Heroku, folder: Path) -> None:
        secrets = {"HEROKU_API_KEY": TOKEN}
        self.heroku = heroku
        self.world = make(folder, "heroku", secrets, app="{application}", api=heroku.address)

    def fail(self, *, fails: bool = True) -> None:
        self.heroku.result = "failed" if fails else "succeeded"

    def hold(self) -> None:
        self.heroku.stops = 202
        self.heroku.go_on.clear()

    def go_on(self) -> None:
        self.heroku.go_on.set()

    def begins(self) -> int:
        return len(self.heroku.builds)


class AtBeanstalk:
    name = "beanstalk"
    fault = {"check_seconds": 0}
    begun = "brings shop-production to"
    refusal = "Elastic Beanstalk says: Failed to deploy application."
    secret = SECRET
    stopped = "takes shop-production back to the version before"

    def __init__(self, aws: Aws, folder: Path) -> None:
        aws.looks, aws.at_once = 1, True  # the program itself waits some seconds at each
        self.aws = aws
        self.world = make(folder, "beanstalk", KEYS, region="eu-west-1", endpoint=aws.address)

    def fail(self, *, fails: bool = True) -> None:
        self.aws.fails = "Failed to deploy application." if fails else ""

    def hold(self) -> None:
        self.aws.go_on.clear()

    def go_on(self) -> None:
        self.aws.go_on.set()

    def begins(self) -> int:
        return self.aws.asked.count("UpdateEnvironment")


@contextmanager
def at(cloud: str, folder: Path) -> Iterator[Cloud]:
    if cloud == "heroku":
        with heroku_server.serving(Heroku()) as heroku:
            heroku.go_on.set()
            yield AtHeroku(heroku, folder)
            assert heroku.wrong == []
    else:
        with aws_server.serving(Aws()) as aws:
            aws.go_on.set()
            yield AtBeanstalk(aws, folder)
            assert aws.wrong == []
