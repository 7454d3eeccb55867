"""What providers keep that run lines of ours, beyond what all do (test_provider_contract.py)."""

from __future__ import annotations

import random
import signal
from hashlib import sha256
from pathlib import Path

import pytest

from deployments import sweeper
from deployments.services import ending, lifecycle
from tests.deployments.runner.observing import alive
from tests.deployments.services import elsewhere, kinds
from tests.deployments.services.conftest import fall_silent
from tests.deployments.services.here import until_it_says
from tests.deployments.services.kinds import ByLines
from tests.deployments.services.queueing import drain, lose
from tests.deployments.services.world import Meanwhile, log_of
from tests.servers.sshd import Sshd

pytestmark = [pytest.mark.sshd, pytest.mark.slow]


@pytest.fixture(params=["ssh", "command"])
def kind(
    request: pytest.FixtureRequest, transactional_db: None, machines: list[Sshd], tmp_path: Path
) -> ByLines:
    return kinds.by_lines(request.param, machines, tmp_path)


def mark() -> str:
    """Return an argument of `sleep` by which a process is found."""
    return f"{random.randrange(10_000, 99_999)}.{random.randrange(10_000)}"


@pytest.mark.usefixtures("carrier")
def test_a_task_releases_nothing(kind: ByLines) -> None:
    release = kind.world.deploy()
    kind.task("cache", "echo the cache is empty")

    ended = kind.world.end(
        lifecycle.request(kind.world.environment, "", kind.world.door, task="cache")
    )

    assert (ended.status, ended.sha) == ("success", release.sha)
    assert "the cache is empty\n" in log_of(ended)
    assert kind.world.now(ended).environment.current == release


@pytest.mark.usefixtures("carrier")
def test_a_cancel_ends_all_that_was_started(kind: ByLines, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ending, "GRACE", 1)
    left = mark()
    kind.does(f"trap '' TERM; (setsid sleep {left} >/dev/null 2>&1 &); echo up; sleep {left}")
    under_way = Meanwhile(kind.world.ask())
    until_it_says(under_way.deployment, "up\n")

    lifecycle.cancel(kind.world.now(under_way.deployment), kind.world.door)
    ended = under_way.end()

    assert (ended.status, ended.note, alive(left)) == ("cancelled", "", [])


@pytest.mark.parametrize("limit", ["total_seconds", "silence_seconds"])
def test_what_takes_too_long_leaves_nothing(
    kind: ByLines, limit: str, monkeypatch: pytest.MonkeyPatch
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
    kind: ByLines, number: int, tmp_path: Path
) -> None:
    count = tmp_path / "counted"
    kind.does(f"echo x >>{count}; echo up; seq 1 3000; sleep 2; seq 1 3000; echo over")
    deployment = kind.world.ask()
    lose()
    worker = elsewhere.worker(deployment.pk)
    until_it_says(deployment, "up\n")

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


def test_a_secret_reaches_what_runs_and_nobody_else(kind: ByLines) -> None:
    kind.does('printf %s "$TOKEN" | wc -c; echo "it is $TOKEN"; exit 1')

    ended = kind.world.deploy()

    assert "16\nit is [masked]\n" in log_of(ended)
    assert kind.secret not in f"{log_of(ended)}{ended.note}{ended.settings}"
