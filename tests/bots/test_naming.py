"""Suggestions name only what the person who spoke may see."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytest_django import DjangoAssertNumQueries

from bots.messages import Message
from bots.naming import names_for
from bots.receive import receive
from bots.rendering import plain
from bots.speaker import Speaker
from deployments.models import Application, Deployment, Person
from tests.deployments import build


@pytest.fixture
def speaker(alice: Person) -> Speaker:
    app = build.application("hello", Path("/nowhere"))
    for name in ("production", "qa"):
        build.environment(app, name)
    return Speaker(person=alice, via="chat", place="here")


def said(line: str, speaker: Speaker) -> str:
    answer = receive(line, speaker)
    assert isinstance(answer, Message)
    return plain.render(answer)


def test_a_near_miss_is_mended_with_names_that_are_here(speaker: Speaker) -> None:
    assert "deploy hello to qa" in said("deploy to qa hello", speaker)
    assert Deployment.objects.count() == 0


def test_a_task_may_be_meant_by_what_is_no_verb(speaker: Speaker) -> None:
    Application.objects.update(settings={"tasks": {"migrations": {"commands": ["true"]}}})

    assert "deploy:migrations hello to qa" in said("migrate hello in qa", speaker)
    assert Deployment.objects.count() == 0


def test_a_misspelt_environment_is_not_offered_again(speaker: Speaker) -> None:
    offered = said("deploy helo to prodution now", speaker).partition("Did you mean")[2]

    assert "deploy hello to production" in offered
    assert "prodution" not in offered


def test_an_environment_in_an_apps_place_is_understood_as_one(speaker: Speaker) -> None:
    assert "deploy hello to qa" in said("deploy qa", speaker)


def test_an_app_without_environments_is_not_offered_without_the_place(speaker: Speaker) -> None:
    build.application("bare", Path("/elsewhere"))

    offered = said("deploy bare qa now", speaker).partition("Did you mean")[2]

    assert "deploy bare" not in offered


def test_a_stranger_learns_no_name(speaker: Speaker, charlie: Person) -> None:
    names = names_for(charlie)

    assert names.apps == {}


def test_names_cost_the_same_however_many_there_are(
    speaker: Speaker, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    build.environment(build.application("other", Path("/elsewhere")), "qa")

    with django_assert_num_queries(2):
        names_for(speaker.person)
