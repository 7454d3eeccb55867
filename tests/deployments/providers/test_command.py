"""The scripts of the `command` provider, and what people are shown of them."""

from __future__ import annotations

import os
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from deployments import providers
from deployments.providers.contract import HERE, Context, HostSpec, Phase

SHA, BEFORE = "a" * 40, "b" * 40
SHOW = "python3 -c 'import sys; print(sys.argv[1:])'"


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """A folder as services/workplaces.py makes it, with what may go wrong in its name."""
    made = tmp_path / "state's  folder"
    for name in ("code", "home", "tmp", "bin"):
        (made / name).mkdir(parents=True)
    return made


def context(work: Path | str = "", **more: Any) -> Context:
    settings = more.pop("settings", {})
    given: dict[str, Any] = {
        "number": 7,
        "application": "shop",
        "environment": "live",
        "task": "deploy",
        "ref": "topic/one",
        "sha": SHA,
        "who": "Alice",
        "hosts": (HostSpec("web-1", "10.0.0.1"), HostSpec("web-2", "10.0.0.2")),
        "release": "1",
        "previous_sha": BEFORE,
        "work": str(work),
        "cache": f"{work}/cache",
    }
    return Context(**{**given, **more}, settings={"command": "true", **settings})


def phases(context: Context) -> list[Phase]:
    return providers.provider("command").phases(context)


def ran(phase: Phase) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", "-c", phase.scripts[HERE]],
        env={"PATH": os.environ["PATH"]},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def last_line(context: Context) -> str:
    (phase,) = phases(context)
    return ran(phase).stdout.splitlines()[-1]


def test_everything_that_stands_for_something(work: Path) -> None:
    line = f"{SHOW} {{application}} {{environment}} {{task}} {{ref}} {{sha}} {{previous_sha}}"
    line += " {hosts} {number} x={cache}"

    said = last_line(context(work, settings={"command": line}))

    assert said == repr(
        ["shop", "live", "deploy", "topic/one", SHA, BEFORE, "web-1,web-2", "7", f"x={work}/cache"]
    )


@pytest.mark.parametrize("ref", ["a b", "$(id)", "`id`", "'", '"', "a;b", "*", "{sha}", "é"])
def test_one_argument_stays_one_argument(work: Path, ref: str) -> None:
    assert last_line(context(work, ref=ref, settings={"command": f"{SHOW} {{ref}} end"})) == repr(
        [ref, "end"]
    )


def test_variables_are_put_in_as_they_are(work: Path) -> None:
    settings = {"command": "printenv STAGE", "variables": {"STAGE": "$(id) '{environment}'"}}

    assert last_line(context(work, settings=settings)) == "$(id) 'live'"


def test_an_apps_own_variable_goes_before_heavens(work: Path) -> None:
    settings = {"command": "printenv BRANCH", "variables": {"BRANCH": "{sha}"}}

    assert last_line(context(work, settings=settings)) == SHA


def test_a_parameter_is_a_variable(work: Path) -> None:
    given = context(work, parameters={"REGION": "eu"}, settings={"command": "printenv REGION"})

    assert last_line(given) == "eu"


def test_it_runs_in_the_checkout_with_a_home_of_its_own(work: Path) -> None:
    settings = {"command": "sh -c 'echo \"$(pwd) $HOME $TMPDIR\"'"}

    assert last_line(context(work, settings=settings)) == f"{work}/code {work}/home {work}/tmp"


def test_ssh_is_the_one_that_knows_the_hosts(work: Path) -> None:
    (work / "bin" / "ssh").write_text("#!/bin/sh\necho mine\n")
    (work / "bin" / "ssh").chmod(0o755)
    by_git = {"command": "sh -c 'eval \"$GIT_SSH_COMMAND\"'"}

    assert last_line(context(work, settings={"command": "ssh web-1"})) == "mine"
    assert last_line(context(work, settings=by_git)) == "mine"


def test_what_goes_before_is_a_phase_of_its_own(work: Path) -> None:
    first, second = phases(context(work, settings={"before": ["bundle install", ""]}))

    assert (first.name, first.shown) == ("get ready", ("bundle install",))
    assert (second.name, second.shown) == ("deploy", ("true",))


def test_a_task_has_lines_of_its_own(work: Path) -> None:
    tasks = {"check": {"commands": ["echo one", "echo {task}"]}}

    (phase,) = phases(context(work, task="check", settings={"tasks": tasks}))

    assert (phase.name, phase.shown, phase.brings) == ("check", ("echo one", "echo check"), ())
    assert ran(phase).stdout == "$ echo one\none\n$ echo check\ncheck\n"


def test_its_exit_status_is_the_programs(work: Path) -> None:
    (phase,) = phases(context(work, settings={"command": "sh -c 'exit 9'"}))

    assert ran(phase).returncode == 9


def test_hosts_that_are_placed_run_what_succeeded() -> None:
    assert phases(context())[-1].brings == ("web-1", "web-2")


@pytest.mark.parametrize(
    ("back", "rollback", "shown"),
    [
        ("", "undo", "true"),
        ("one", "undo", "undo"),
        ("further", "undo", "true"),
        ("further", "undo {sha}", f"undo {SHA}"),
        ("one", "", "true"),
    ],
)
def test_a_way_back_that_names_no_commit_goes_back_by_one(
    back: Any, rollback: str, shown: str
) -> None:
    (phase,) = phases(context(back=back, settings={"rollback": rollback}))

    assert phase.shown == (shown,)


def test_before_it_runs_the_number_is_not_known() -> None:
    given = replace(context(settings={"command": "echo {number} {cache}"}), number=0, cache="")

    assert phases(given)[0].shown == ("echo '{number}' '{cache}'",)


def test_hosts_are_asked_only_where_a_file_says_what_runs() -> None:
    provider = providers.provider("command")

    assert provider.truth(context()) == {}
    assert provider.truth(context(settings={"revision": "~/shop/REVISION"}))["web-2"] == (
        'cat "$HOME"/shop/REVISION 2>/dev/null\n'
    )


@pytest.mark.parametrize(
    ("command", "hosts", "chosen", "said"),
    [
        ("deploy", 0, False, []),
        ("deploy", 2, True, ["is deployed to as a whole: what is run there does not say {hosts}"]),
        ("deploy {hosts}", 0, False, ["has no hosts, and what is run there says {hosts}"]),
        ("deploy {hosts}", 2, True, []),
    ],
)
def test_hosts_matter_where_the_command_says_so(
    command: str, hosts: int, chosen: bool, said: list[str]
) -> None:
    provider = providers.provider("command")

    assert provider.obstacles({"command": command}, hosts, chosen=chosen) == said
