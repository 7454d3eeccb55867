"""Checks are looked at again when a deployment begins."""

from __future__ import annotations

import pytest

from deployments.models import Deployment, Role
from deployments.services import lifecycle
from deployments.services.checks import report
from tests.deployments.services.world import World

pytestmark = pytest.mark.sshd


@pytest.fixture
def world(world: World) -> World:
    world.environment.checks = "all"
    world.environment.save()
    return world


def say(world: World, state: str) -> None:
    repository = world.environment.application.repository
    sha = world.repository.git("rev-parse", "main")
    report(repository, sha, world.alice, context="ci", state=state)


def test_what_turned_red_meanwhile_does_not_begin(world: World) -> None:
    say(world, "success")
    asked = world.ask()
    say(world, "failure")
    ended = world.end(asked)

    assert (ended.status, ended.reason) == ("error", "settings")
    assert "ci failed" in ended.note
    assert not world.folder().exists()


def test_what_was_forced_begins_and_tells_what_was_red_then(world: World) -> None:
    say(world, "pending")
    Role.objects.filter(person=world.alice).update(name="maintainer")
    asked = lifecycle.request(world.environment, "", world.door, force=True)
    assert asked.forced_past == ["ci has not ended yet"]
    say(world, "failure")
    ended = world.end(asked)

    assert (ended.status, ended.forced_past) == ("success", ["ci failed"])


def test_what_is_not_green_any_more_does_not_begin_whatever_its_place_asks_for(
    world: World,
) -> None:
    world.environment.checks = "none"
    world.environment.save()
    say(world, "success")
    asked = lifecycle.request(world.environment, "", world.door, when_green=True)
    say(world, "failure")
    ended = world.end(asked)

    assert (ended.status, ended.reason) == ("error", "settings")
    assert "is not green any more: ci failed." in ended.note


def test_a_check_that_was_named_for_it_counts_at_its_start_too(world: World) -> None:
    world.environment.checks = "none"
    world.environment.save()
    say(world, "failure")
    asked = world.ask()
    Deployment.objects.filter(pk=asked.pk).update(merging={"named": ["ci"]})
    ended = world.end(asked)

    assert (ended.status, ended.reason) == ("error", "settings")
    assert "is not green any more: ci failed." in ended.note
