"""A team that says “ship” says it everywhere, and reads it everywhere."""

from __future__ import annotations

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from bots import tongue
from bots.language import Deploy, Help, NearMiss, NotACommand, commands
from bots.models import Post
from deployments import lines
from deployments.models import Application, Deployment, Environment, Person
from deployments.models.names import is_reserved
from tests.bots.talking import Talk, goes, the_deployment
from tests.deployments import build


@pytest.fixture(autouse=True)
def _ship(settings: Settings) -> None:
    settings.SHIPMATE_VERB = "ship"


LINES = [
    lines.deploy,
    lines.plan,
    lines.deploys,
    lines.where_can_i_deploy,
    lines.deploy_status,
    lines.deploy_plan,
]


@pytest.mark.parametrize("line", LINES, ids=lambda line: line.__name__)
def test_every_line_that_is_printed_is_read(line) -> None:  # type: ignore[no-untyped-def]
    said = line("7fk3")

    assert "deploy" not in said
    assert isinstance(tongue.read(said), commands.Command)


def test_lines_are_done(say: Talk) -> None:
    assert "Alice" in say("ship hello to qa")
    assert the_deployment().environment.name == "qa"
    assert "what it would do" not in say("ships hello in qa")
    assert "qa" in say("where can i ship hello")


def test_the_old_word_is_answered_with_the_teams_own(say: Talk) -> None:
    said = say("deploy:migrations hello to qa")

    assert "ship:migrations hello to qa" in said
    assert not Deployment.objects.exists()


def test_suggestions_help_and_buttons_say_it(say: Talk, qa: Environment) -> None:
    assert "ship hello to qa" in say("shpi hello to qa")
    assert "deploy web" not in say("help")
    assert "ship hello to qa" in say("why hello in qa")
    assert "ship plan" in say("plan hello to qa")


def test_a_reason_against_it_says_it(say: Talk, dora: Person, qa: Environment) -> None:
    build.live(qa, dora, "a" * 40)
    goes(build.deployment(qa, dora, "b" * 40, status="in_progress"), "success")

    assert "ship hello/main to qa" in say(f"retry #{the_deployment().pk}")


def test_ship_it_is_talk_and_a_slip_is_not(say: Talk, hello: Application) -> None:
    assert say("ship it") == ""
    assert "hello" in say("ship helo")


def test_a_token_is_blanked_under_either_word(say: Talk, hello: Application) -> None:
    say("ship-token:set:github ghp_secret")
    say("deploy-token:set:github ghp_secret")

    assert not Post.objects.filter(text__contains="ghp_secret").exists()


def test_no_app_is_called_like_it() -> None:
    assert is_reserved("ship")
    assert is_reserved("ships")
    assert not is_reserved("shipping")


def test_a_page_shows_the_line_that_does_the_same(as_alice: Client, qa: Environment) -> None:
    page = as_alice.get(qa.get_absolute_url()).content.decode()

    assert "<code>ship hello" in page
    assert "<code>deploy hello" not in page


@pytest.mark.parametrize("name", ["shipmate", "@Hubot", "hubot:"])
def test_the_bot_has_its_names(name: str) -> None:
    assert tongue.read(f"{name} ship web", addressed=False) == Deploy("web")


def test_the_bot_has_other_names_where_they_are_set(settings: Settings) -> None:
    settings.SHIPMATE_BOT_NAMES = ["robbie"]

    assert tongue.read("robbie", addressed=False) == Help()
    assert tongue.read("hubot ship web", addressed=False) == NotACommand()
    assert isinstance(tongue.read("deploy web"), NearMiss)
