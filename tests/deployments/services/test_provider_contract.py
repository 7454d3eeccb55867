"""What every provider keeps: one suite, passed by each. A new one is a class in kinds.py."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from deployments import providers, sweeper
from deployments.exceptions import Refused
from deployments.models import Deployment
from deployments.providers.contract import HERE
from deployments.selectors import releases
from deployments.services import ending, lifecycle, plan
from tests.deployments.services import elsewhere, kinds
from tests.deployments.services.conftest import fall_silent
from tests.deployments.services.here import until_it_says
from tests.deployments.services.kind import Kind
from tests.deployments.services.queueing import lose
from tests.deployments.services.world import Meanwhile, log_of
from tests.servers.sshd import Sshd

pytestmark = [pytest.mark.sshd, pytest.mark.slow]


@pytest.fixture(params=providers.PROVIDERS)
def kind(
    request: pytest.FixtureRequest, transactional_db: None, machines: list[Sshd], tmp_path: Path
) -> Iterator[Kind]:
    with kinds.of(request.param, machines, tmp_path) as made:
        assert made.name == request.param
        yield made


@pytest.mark.usefixtures("carrier")
def test_a_commit_is_deployed(kind: Kind) -> None:
    ended = kind.world.deploy()

    assert (ended.status, ended.reason, ended.note, ended.progress) == ("success", "", "", 100)
    assert kind.begun in log_of(ended)
    assert kind.world.now(ended).environment.current == ended


def test_a_failure_is_told_and_what_ran_stays_current(kind: Kind) -> None:
    good = kind.world.deploy()
    kind.fail()

    ended = kind.world.release()

    assert (ended.status, ended.reason) == ("failure", "command")
    assert kind.refusal in f"{log_of(ended)}{ended.note}"
    assert kind.world.now(ended).environment.current == good


@pytest.mark.usefixtures("carrier")
def test_a_retry_brings_the_same_commit(kind: Kind) -> None:
    kind.fail()
    failed = kind.world.release()
    kind.fail(fails=False)

    ended = kind.world.end(lifecycle.retry(failed, kind.world.door))

    assert (ended.status, ended.kind, ended.sha) == ("success", "retry", failed.sha)


@pytest.mark.usefixtures("carrier")
def test_a_way_back_brings_the_former_commit(kind: Kind) -> None:
    first = kind.world.deploy()
    second = kind.world.release()

    back = kind.world.roll_back(first)

    assert (second.status, back.status, back.kind) == ("success", "success", "rollback")
    assert back.sha == first.sha != second.sha
    assert releases.origin(kind.world.now(back).environment.current or back) == first


def test_a_cancel_in_the_middle_ends_it(kind: Kind) -> None:
    kind.hold()
    under_way = Meanwhile(kind.world.ask())
    until_it_says(under_way.deployment, kind.begun)

    lifecycle.cancel(kind.world.now(under_way.deployment), kind.world.door)

    assert under_way.end().status == "cancelled"


def test_what_is_silent_for_too_long_is_ended(kind: Kind, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ending, "GRACE", 5)
    kind.world.settings(silence_seconds=5)
    kind.hold()

    ended = kind.world.deploy()

    assert (ended.status, ended.reason) == ("failure", "timed_out")


def killed(deployment: Deployment, words: str) -> None:
    """Have a worker of its own begin it, and kill that with its whole process group."""
    lose()
    worker = elsewhere.worker(deployment.pk, own_group=True)
    until_it_says(deployment, words)
    os.killpg(worker.pid, signal.SIGKILL)
    worker.wait()
    fall_silent(deployment)


@pytest.mark.usefixtures("short_lease")
def test_what_a_dead_worker_began_is_followed_on_and_begins_once(kind: Kind) -> None:
    kind.hold()
    deployment = kind.world.ask()
    killed(deployment, kind.begun)
    kind.go_on()

    sweeper.ring_silent()
    ended = kind.world.end(deployment)

    assert (ended.status, ended.epoch, kind.begins()) == ("success", 2, 1)
    assert log_of(ended).count(kind.begun) == 1


def test_a_secret_is_not_in_the_log_nor_in_what_others_can_see(kind: Kind) -> None:
    ended = kind.world.deploy()

    assert ended.status == "success"
    assert kind.secret not in f"{log_of(ended)}{ended.note}{ended.settings}"


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
    ended = kind.world.deploy()

    again = [plan.phases(kind.world.now(ended)) for _ in range(2)]

    assert again[0] == again[1]
    assert {run.phase for run in ended.phase_runs.all()} == {phase.name for phase in again[0]}
    assert all(phase.scripts for phase in again[0])


def test_where_it_runs_is_what_it_says(kind: Kind) -> None:
    hosts = {run.host for run in kind.world.deploy().phase_runs.all()}

    assert hosts == ({HERE} if providers.provider(kind.name).runs_here else {"web-1"})
