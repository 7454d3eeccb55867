from __future__ import annotations

import pytest
from cryptography.fernet import Fernet
from pytest_django.fixtures import Settings

from chatops import checks


@pytest.fixture
def server(settings: Settings) -> Settings:
    """A real installation that lacks nothing."""
    settings.SERVER = True
    settings.SHIPMATE_DEMO = False
    settings.ALLOWED_HOSTS = ["deploy.example.com"]
    settings.SHIPMATE_URL = "https://deploy.example.com"
    return settings


def found() -> list[str | None]:
    return [message.id for message in [*checks.server(), *checks.values()]]


def test_a_server_that_lacks_nothing_is_not_blamed(server: Settings) -> None:
    assert found() == []


def test_a_server_needs_the_names_it_answers_to(server: Settings) -> None:
    server.ALLOWED_HOSTS = []

    assert found() == ["shipmate.E001"]


def test_a_server_has_no_ssh_target_of_its_own(server: Settings) -> None:
    server.SHIPMATE_DEMO = True

    assert found() == ["shipmate.E002"]


def test_a_server_is_reached_by_https(server: Settings) -> None:
    server.SHIPMATE_URL = "http://deploy.example.com"

    assert found() == ["shipmate.E003"]


def test_on_this_machine_alone_nothing_of_it_is_asked(server: Settings) -> None:
    server.SERVER, server.ALLOWED_HOSTS, server.SHIPMATE_DEMO = False, [], True

    assert found() == []


@pytest.mark.parametrize("key", ["", "hunter2", "é" * 32])
def test_each_key_for_secrets_is_one(server: Settings, key: str) -> None:
    server.SHIPMATE_FERNET_KEYS = [Fernet.generate_key().decode(), key]

    assert found() == ["shipmate.E004"]


@pytest.mark.parametrize(("app", "secret"), [("4711", ""), ("", "hidden")])
def test_the_webhook_of_an_app_takes_both(server: Settings, app: str, secret: str) -> None:
    server.SHIPMATE_GITHUB_APP, server.SHIPMATE_GITHUB_APP_WEBHOOK_SECRET = app, secret

    assert found() == ["shipmate.E038"]


@pytest.mark.parametrize("verb", ["", "s", "ship it", "ship-it", "1ship", "x" * 21])
def test_the_verb_is_one_word(server: Settings, verb: str) -> None:
    server.SHIPMATE_VERB = verb

    assert found() == ["shipmate.E006"]


@pytest.mark.parametrize("verb", ["plan", "lock", "shipmate", "status"])
def test_the_verb_is_nothing_else(server: Settings, verb: str) -> None:
    server.SHIPMATE_VERB = verb

    assert found() == ["shipmate.E007"]


@pytest.mark.parametrize("verb", ["deploy", "ship", "push", "release"])
def test_a_verb_of_the_teams_own_is_welcome(server: Settings, verb: str) -> None:
    server.SHIPMATE_VERB = verb

    assert found() == []


@pytest.mark.parametrize("name", ["ship mate", "@shipmate", "plan", ":"])
def test_the_bots_names_can_be_said(server: Settings, name: str) -> None:
    server.SHIPMATE_BOT_NAMES = ["shipmate", name]

    assert found() == ["shipmate.E008"]


@pytest.mark.parametrize("name", checks.AT_LEAST_ONE)
def test_times_and_sizes_are_at_least_one(server: Settings, name: str) -> None:
    setattr(server, name, 0)

    assert found() == ["shipmate.E005"]


def test_a_second_factor_is_asked_of_a_role_that_there_is(server: Settings) -> None:
    server.SHIPMATE_SECOND_FACTOR = "captain"

    assert found() == ["shipmate.E009"]
