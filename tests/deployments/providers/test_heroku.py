"""Settings of the `heroku` provider, and what it has the worker run."""

from __future__ import annotations

import shlex
from typing import Any

import pytest

from deployments.providers.contract import HERE
from deployments.providers.heroku import HerokuProvider
from tests.deployments.providers.contexts import SHA, context

HEROKU = HerokuProvider()
GOOD = {"app": "{application}-{environment}"}


def program(settings: dict[str, Any], **more: Any) -> list[str]:
    """Return the words of the last line: the program and its arguments."""
    [phase, *_] = HEROKU.phases(context(settings, **more))
    return shlex.split(phase.scripts[HERE].splitlines()[-1])


def test_one_setting_is_enough() -> None:
    assert HEROKU.validate(GOOD) == []


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({}, "The app at Heroku is not named"),
        ({"app": 7}, "“app” takes a text"),
        ({"app": "My App"}, "cannot be called “My App”: 3 to 30 small letters"),
        ({"app": "{app}"}, "braces hold {application} or {environment} alone"),
        ({"app": "shop", "api": "http://heroku.example.com"}, "keys are sent there"),
        ({"app": "shop", "check_url": "https://u:p@shop.example"}, "holds a password"),
        ({"app": "shop", "check_url": "https://{host}/"}, "a cloud shows none"),
        ({"app": "shop", "total_seconds": 0}, "it takes a number from 1 to 14400"),
    ],
)
def test_what_is_wrong_is_said_in_words(settings: dict[str, Any], words: str) -> None:
    [problem] = HEROKU.validate(settings)

    assert words in problem


def test_the_program_is_told_what_goes_where() -> None:
    words = program(GOOD)

    assert words[2:6] == ["-E", "-m", "deployments.providers.clouds.heroku", "deploy"]
    assert f"--sha={SHA}" in words
    assert "--app=shop-production" in words
    assert "--code=/state/it's here/work/812/code" in words
    assert "--mark=Shipmate #812 shop/production 20261128120000-812" in words


def test_people_are_shown_where_it_goes() -> None:
    [phase] = HEROKU.phases(context({"app": "shop"}))

    assert phase.shown == ("heroku deploy --app=shop --api=https://api.heroku.com",)


def test_a_rollback_says_that_it_is_one() -> None:
    assert "--back" not in program(GOOD)
    assert "--back" in program(GOOD, back="further")


def test_the_address_to_check_is_asked_once_heroku_runs_it() -> None:
    url = "https://{environment}.shop.example/health"

    phases = HEROKU.phases(context({**GOOD, "check_url": url}))

    assert [phase.name for phase in phases] == ["deploy", "check"]
    assert phases[1].probe == "https://production.shop.example/health"
    assert phases[1].on_failure == "health"


def test_what_runs_is_asked_of_heroku() -> None:
    [line] = HEROKU.truth(context(GOOD))[HERE].splitlines()[-1:]

    assert shlex.split(line)[5:7] == ["truth", "--app=shop-production"]


def test_hosts_cannot_be_chosen_where_a_cloud_shows_none() -> None:
    assert HEROKU.obstacles(GOOD, 0, chosen=False) == []
    assert HEROKU.obstacles(GOOD, 0, chosen=True) == [
        "is deployed to as a whole: a cloud shows no hosts to choose from"
    ]
