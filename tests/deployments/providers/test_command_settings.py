"""What is wrong with the settings of a command, in words; no settings reach a program wrongly."""

from __future__ import annotations

from typing import Any

import pytest

from deployments import providers
from deployments.providers import command_settings
from deployments.providers.command_presets import PRESETS
from deployments.providers.contract import Preset

GOOD = {"command": "bundle exec cap {environment} deploy"}


def problems(**settings: Any) -> list[str]:
    return command_settings.problems({**GOOD, **settings})


def test_these_are_right() -> None:
    assert problems(before=["bundle install"], variables={"BRANCH": "{sha}"}) == []


def test_something_must_deploy() -> None:
    assert problems(command=" ") == ["No command is set: what deploys?"]


@pytest.mark.parametrize("key", ["before", "command", "rollback", "variables", "tasks"])
def test_a_placeholder_that_nobody_knows_is_refused_wherever_it_stands(key: str) -> None:
    line = "cap {enviroment} deploy"
    value: dict[str, Any] = {
        "before": [line],
        "variables": {"STAGE": "{enviroment}"},
        "tasks": {"check": {"commands": [line]}},
    }

    found = problems(**{key: value.get(key, line)})

    assert len(found) == 1
    assert found[0].startswith("{enviroment} stands for nothing. There is: {application}, ")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("cap production deploy && true", "“&&” would be an argument"),
        ("cap production deploy; true", "“deploy;” would be an argument"),
        ("cap production deploy | cat", "“|” would be an argument"),
        ("cd app", "“cd” is a word of the shell"),
        ("export A=b", "“export” is a word of the shell"),
        ("cap 'production", "a quote is not closed"),
        ("{sha} deploy", "stands where the program is named"),
        ("cap a\nb", "a character in it that no argument can have"),
    ],
)
def test_what_only_a_shell_would_understand_is_refused(line: str, said: str) -> None:
    found = problems(command=line)

    assert len(found) == 1
    assert said in found[0]


@pytest.mark.parametrize("name", ["HOME", "PATH", "SHIPMATE_SHA", "LD_PRELOAD", "A-B", ""])
def test_a_variable_that_is_not_the_apps_to_set_is_refused(name: str) -> None:
    assert len(problems(variables={name: "x"})) == 1


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"before": "make"}, "“before” takes a list of lines"),
        ({"command": ["make"]}, "“command” takes a text"),
        ({"variables": {"A": 1}}, "The variable A takes a text"),
        ({"tasks": {"deploy": {"commands": ["a"]}}}, "“deploy” is no name of a task"),
        ({"tasks": {"check": {"commands": []}}}, "takes a list of commands"),
        ({"tasks": {"check": {"commands": ["a"], "once": True}}}, "leave “once” out"),
        ({"tasks": {"check": "a"}}, "takes a list of commands"),
        ({"revision": "REVISION"}, "neither absolute nor below"),
        ({"revision": "/srv/../etc/passwd"}, "neither absolute nor below"),
        ({"total_seconds": 0}, "takes a number from 1 to 14400"),
    ],
)
def test_what_is_wrong_is_told_in_words(changed: dict[str, Any], said: str) -> None:
    found = problems(**changed)

    assert len(found) == 1
    assert said in found[0]


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.name)
def test_what_a_preset_begins_with_is_right(preset: Preset) -> None:
    assert command_settings.problems(preset.settings) == []
    assert set(preset.settings) <= set(command_settings.DEFAULTS)


def test_presets_are_told_apart() -> None:
    assert len({preset.name for preset in PRESETS}) == len(PRESETS)
    assert len(providers.ways()) > len(PRESETS)


def test_a_preset_that_is_no_longer_there_is_told_by_its_provider() -> None:
    assert providers.way_of("command", {"preset": "of-old"}).label == (
        "A program on the worker's machine"
    )
