"""What every provider keeps: one suite, passed by each. A new one is a class here and its name.

What a deployment does is given as a few lines for `sh`, to be run wherever the provider runs
something.
"""

from __future__ import annotations

import random
import signal
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from shlex import quote
from typing import Any, Protocol

import pytest

from deployments import providers, sweeper
from deployments.exceptions import Refused
from deployments.providers.contract import HERE
from deployments.selectors import releases
from deployments.services import credentials, ending, lifecycle, plan
from tests.deployments import build
from tests.deployments.runner.observing import alive
from tests.deployments.services import elsewhere, here
from tests.deployments.services import world as world_of
from tests.deployments.services.conftest import fall_silent
from tests.deployments.services.queueing import drain, lose
from tests.deployments.services.world import Meanwhile, World, log_of
from tests.servers.sshd import Sshd

pytestmark = [pytest.mark.sshd, pytest.mark.slow]


class Kind(Protocol):
    """A provider with a place to deploy to."""

    name: str
    world: World
    fault: dict[str, Any]  # a setting that it cannot use

    def does(self, text: str) -> None:
        """Let a deployment do this."""

    def heal(self) -> None:
        """Let a deployment of the same commit go well, by other settings."""

    def task(self, name: str, text: str) -> None:
        """Let a task do this."""


class OverSsh:
    name = "ssh"
    fault = {"keep": 0}

    def __init__(self, world: World) -> None:
        self.world = world

    def does(self, text: str) -> None:
        self.world.settings(build=[text])

    def heal(self) -> None:
        self.does("true")

    def task(self, name: str, text: str) -> None:
        self.world.settings(tasks={name: {"commands": [text]}})


class ByCommand:
    name = "command"
    fault = {"command": "cap {enviroment} deploy"}

    def __init__(self, world: World) -> None:
        self.world = world

    def does(self, text: str) -> None:
        here.program(self.world, text)

    def heal(self) -> None:
        self.world.settings(command="true")

    def task(self, name: str, text: str) -> None:
        self.world.settings(tasks={name: {"commands": [f"sh -c {quote(text)}"]}})


@pytest.fixture(params=["ssh", "command"])
def kind(
    request: pytest.FixtureRequest, transactional_db: None, machines: list[Sshd], tmp_path: Path
) -> Iterator[Kind]:
    if request.param == "ssh":
        yield OverSsh(world_of.make(world_of.fresh(machines[:1]), tmp_path))
    else:
        yield ByCommand(here.make(tmp_path))


def test_every_provider_is_here_or_with_the_clouds() -> None:
    here_are = {OverSsh.name, ByCommand.name}

    assert set(providers.PROVIDERS) == here_are | set(providers.without_hosts())  # test_clouds.py


@pytest.mark.usefixtures("carrier")
def test_a_commit_is_deployed(kind: Kind) -> None:
    kind.does("echo it is done")

    ended = kind.world.deploy()

    assert (ended.status, ended.reason, ended.note, ended.progress) == ("success", "", "", 100)
    assert "it is done\n" in log_of(ended)
    assert kind.world.now(ended).environment.current == ended


def test_a_failure_is_told_and_what_ran_stays_current(kind: Kind) -> None:
    kind.does("true")
    good = kind.world.deploy()
    kind.does("exit 3")

    ended = kind.world.deploy()

    assert (ended.status, ended.reason) == ("failure", "command")
    assert "ended with 3 on" in ended.note
    assert kind.world.now(ended).environment.current == good


@pytest.mark.usefixtures("carrier")
def test_a_retry_brings_the_same_commit(kind: Kind) -> None:
    kind.does("exit 3")
    failed = kind.world.deploy()
    kind.heal()

    ended = kind.world.end(lifecycle.retry(failed, kind.world.door))

    assert (ended.status, ended.kind, ended.sha) == ("success", "retry", failed.sha)


@pytest.mark.usefixtures("carrier")
def test_a_way_back_brings_the_former_commit(kind: Kind) -> None:
    kind.does("true")
    first = kind.world.deploy()
    second = kind.world.release()

    back = kind.world.roll_back()

    assert (second.status, back.status, back.kind) == ("success", "success", "rollback")
    assert back.sha == first.sha != second.sha
    assert releases.origin(kind.world.now(back).environment.current or back) == first


@pytest.mark.usefixtures("carrier")
def test_a_task_releases_nothing(kind: Kind) -> None:
    kind.does("true")
    release = kind.world.deploy()
    kind.task("cache", "echo the cache is empty")

    ended = kind.world.end(
        lifecycle.request(kind.world.environment, "", kind.world.door, task="cache")
    )

    assert (ended.status, ended.sha) == ("success", release.sha)
    assert "the cache is empty\n" in log_of(ended)
    assert kind.world.now(ended).environment.current == release


@pytest.mark.usefixtures("carrier")
def test_a_cancel_in_the_middle_ends_all_that_was_started(
    kind: Kind, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ending, "GRACE", 1)
    left = mark()
    kind.does(f"trap '' TERM; (setsid sleep {left} >/dev/null 2>&1 &); echo up; sleep {left}")
    under_way = Meanwhile(kind.world.ask())
    here.until_it_says(under_way.deployment, "up\n")

    lifecycle.cancel(kind.world.now(under_way.deployment), kind.world.door)
    ended = under_way.end()

    assert (ended.status, ended.note, alive(left)) == ("cancelled", "", [])


@pytest.mark.parametrize("limit", ["total_seconds", "silence_seconds"])
def test_what_takes_too_long_is_ended(
    kind: Kind, limit: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ending, "GRACE", 1)
    left = mark()
    kind.world.settings(**{limit: 3})
    kind.does(f"echo up; sleep {left}")

    ended = kind.world.deploy()

    assert (ended.status, ended.reason, alive(left)) == ("failure", "timed_out", [])


@pytest.mark.usefixtures("short_lease", "carrier")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_another_worker_goes_on_and_the_log_is_whole(
    kind: Kind, number: int, tmp_path: Path
) -> None:
    count = tmp_path / "count"
    kind.does(f"echo x >>{count}; echo up; seq 1 3000; sleep 2; seq 1 3000; echo over")
    deployment = kind.world.ask()
    lose()
    worker = elsewhere.worker(deployment.pk)
    here.until_it_says(deployment, "up\n")

    worker.send_signal(number)
    worker.wait()
    fall_silent(deployment)
    sweeper.ring_silent()
    drain()

    ended = kind.world.now(deployment)
    said = log_of(ended).partition("\nup\n")[2].partition("over\n")[0]
    numbers = "".join(f"{n}\n" for n in range(1, 3001))
    assert (ended.status, ended.epoch, count.read_text()) == ("success", 2, "x\n")
    assert sha256(said.encode()).digest() == sha256(f"{numbers}{numbers}".encode()).digest()


def test_a_secret_reaches_what_runs_and_nobody_else(kind: Kind) -> None:
    app = kind.world.environment.application
    credentials.set_secret("TOKEN", "hunter2-and-more", build.maker(), application=app)
    kind.does('printf %s "$TOKEN" | wc -c; echo "it is $TOKEN"; exit 1')

    ended = kind.world.deploy()

    assert "16\nit is [masked]\n" in log_of(ended)
    assert "hunter2" not in f"{log_of(ended)}{ended.note}{ended.settings}"


def test_settings_that_it_cannot_use_are_refused_in_words(kind: Kind) -> None:
    kind.world.settings(**kind.fault)

    with pytest.raises(Refused) as refused:
        kind.world.ask()

    assert "A maintainer puts it right in its settings" in str(refused.value)


def test_what_it_says_of_settings_are_sentences(kind: Kind) -> None:
    provider = providers.provider(kind.name)

    found = provider.validate(dict.fromkeys(provider.defaults, object()))

    assert found
    assert all(sentence.endswith(".") for sentence in found)


def test_the_same_deployment_has_the_same_phases(kind: Kind) -> None:
    kind.does("true")
    ended = kind.world.deploy()

    again = [plan.phases(kind.world.now(ended)) for _ in range(2)]

    assert again[0] == again[1]
    assert {run.phase for run in ended.phase_runs.all()} == {phase.name for phase in again[0]}
    assert all(phase.scripts for phase in again[0])


def test_where_it_runs_is_what_it_says(kind: Kind) -> None:
    kind.does("true")

    hosts = {run.host for run in kind.world.deploy().phase_runs.all()}

    assert hosts == ({HERE} if providers.provider(kind.name).runs_here else {"web-1"})


def mark() -> str:
    """Return an argument of `sleep` by which a process is found."""
    return f"{random.randrange(10_000, 99_999)}.{random.randrange(10_000)}"
