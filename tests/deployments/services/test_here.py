"""Deployments that a program on this machine carries out."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytest_django import Settings

from deployments.models import Environment
from deployments.services import workplaces
from tests.deployments import build
from tests.deployments.services.world import Meanwhile, World, log_of, states, until
from tests.servers.repositories import Program, Repository


@pytest.fixture
def shop(transactional_db: None, tmp_path: Path, settings: Settings) -> World:
    settings.SHIPMATE_STATE = tmp_path / "state of it"
    repository = Repository(tmp_path / "shop.git")
    repository.commit({"app.txt": "one\n"}, "Begin")
    app = build.application("shop", repository.path, command="script/deploy {environment} {sha}")
    app.provider = "command"
    app.save()
    live = Environment.objects.create(application=app, name="live", position=1)
    return World(live, repository, [], build.person("alice"))


def program(world: World, text: str) -> str:
    """Commit the program that deploys."""
    return world.commit({"script/deploy": Program(f"#!/bin/sh\n{text}\n".encode())})


def test_the_program_gets_its_arguments_and_its_commit(shop: World) -> None:
    sha = program(shop, 'echo "$#: $1 $2"; git rev-parse HEAD; cat app.txt')

    ended = shop.deploy()

    assert (ended.status, ended.note) == ("success", "")
    assert f"2: live {sha}\n{sha}\none\n" in log_of(ended)
    assert shop.now(ended).environment.current == ended


def test_what_it_says_no_with_is_told(shop: World) -> None:
    program(shop, "echo no; exit 7")

    ended = shop.deploy()

    assert (ended.status, ended.reason) == ("failure", "command")
    assert "ended with 7" in ended.note


def test_nothing_is_left_of_it(shop: World) -> None:
    program(shop, "mkdir -p a/b; touch a/b/c; chmod 0 a/b a")

    ended = shop.deploy()

    assert ended.status == "success"
    assert not workplaces.of(ended).exists()
