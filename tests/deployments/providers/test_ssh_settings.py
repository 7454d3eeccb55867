"""What is wrong with settings is said in sentences that tell what would be right."""

from __future__ import annotations

from typing import Any

import pytest

from deployments import providers
from deployments.providers import ssh_settings

WRONG: list[tuple[dict[str, Any], str]] = [
    ({"path": "relative"}, "neither absolute nor below “~/”"),
    ({"path": "/srv\n/app"}, "neither absolute nor below “~/”"),
    ({"path": "~root/app"}, "neither absolute nor below “~/”"),
    ({"path": "/"}, "not one that releases may live in"),
    ({"path": "~/"}, "not one that releases may live in"),
    ({"path": "/srv/../etc"}, "not one that releases may live in"),
    ({"shared": ["/etc/"]}, "“/etc/” must lie inside the release"),
    ({"shared": ["../up"]}, "“../up” must lie inside the release"),
    ({"shared": ["a//b"]}, "must lie inside the release"),
    ({"shared": ["."]}, "must lie inside the release"),
    ({"shared": [""]}, "must lie inside the release"),
    ({"shared": ["a\nb"]}, "must lie inside the release"),
    ({"build": ["echo \0"]}, "A command of “build” has a NUL character in it."),
    ({"check_url": "ftp://{host}/"}, "must begin with http:// or https://"),
    ({"check_url": "http:///up"}, "must begin with http:// or https://"),
    ({"check_url": "http://me:secret@{host}/"}, "holds a password"),
    ({"keep": 0}, "“keep” is 0; it takes a number from 1 to 100."),
    ({"keep": "5"}, "“keep” is '5'; it takes a number from 1 to 100."),
    ({"keep": True}, "“keep” is True; it takes a number from 1 to 100."),
    ({"check_seconds": 601}, "“check_seconds” is 601; it takes a number from 1 to 600."),
    ({"total_seconds": 14_401}, "“total_seconds” is 14401"),
    ({"silence_seconds": 0}, "“silence_seconds” is 0"),
    ({"build": "make"}, "“build” takes a list"),
    ({"build": [1]}, "“build” takes a list"),
    ({"shared": "log/"}, "“shared” takes a list"),
    ({"path": 5}, "“path” takes a text"),
    ({"check_url": None}, "“check_url” takes a text"),
]
RIGHT: list[dict[str, Any]] = [
    {},
    {"path": "/srv/{host}/app"},
    {"path": "~/apps/it's mine"},
    {"shared": ["log/", ".env", "tmp/cache/"]},
    {"build": ["make", "for n in 1 2\ndo echo $n\ndone"]},
    {"check_url": "https://{host}:8443/up?deep=1"},
    {"keep": 1, "total_seconds": 14_400},
    {"something": "of another provider"},
]


@pytest.mark.parametrize(("settings", "said"), WRONG)
def test_what_is_wrong_is_said_once(settings: dict[str, Any], said: str) -> None:
    (problem,) = providers.provider("ssh").validate(settings)

    assert said in problem


@pytest.mark.parametrize("settings", RIGHT)
def test_what_is_right_is_not_spoken_of(settings: dict[str, Any]) -> None:
    assert ssh_settings.problems(settings) == []


def test_all_that_is_wrong_is_said_at_once() -> None:
    assert len(ssh_settings.problems({"path": "x", "keep": 0, "shared": ["/"]})) == 3


def test_a_password_is_not_repeated() -> None:
    assert "secret" not in str(ssh_settings.problems({"check_url": "http://me:secret@{host}/"}))


def test_settings_are_made_whole_and_nothing_else_gets_in() -> None:
    whole = ssh_settings.whole({"keep": 2, "unknown": 1})

    assert whole == {**ssh_settings.DEFAULTS, "keep": 2}
