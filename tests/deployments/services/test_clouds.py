"""What each provider keeps, where a cloud carries it out: the same for each cloud.

test_provider_contract.py asks it of those that run lines of ours; a cloud runs none.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from deployments import providers, sweeper
from deployments.blockers import blockers
from deployments.exceptions import Refused
from deployments.models import Deployment
from deployments.services import ending, lifecycle
from tests.deployments.providers.clouds.aws_server import SECRET
from tests.deployments.providers.clouds.heroku_server import TOKEN
from tests.deployments.services import clouds, elsewhere
from tests.deployments.services.clouds import Kind
from tests.deployments.services.conftest import fall_silent
from tests.deployments.services.here import until_it_says
from tests.deployments.services.queueing import lose
from tests.deployments.services.world import Meanwhile, log_of

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("short_lease")]


@pytest.fixture(params=providers.without_hosts())
def kind(request: pytest.FixtureRequest, transactional_db: None, tmp_path: Path) -> Iterator[Kind]:
    with clouds.at(request.param, tmp_path) as made:
        yield made


def test_a_commit_is_deployed_without_a_host(kind: Kind) -> None:
    ended = kind.world.deploy()

    assert (ended.status, ended.reason, ended.note, ended.progress) == ("success", "", "", 100)
    assert kind.begun in log_of(ended)
    assert ended.environment.current == ended


def test_a_failure_is_told_and_what_ran_stays_current(kind: Kind) -> None:
    good = kind.world.deploy()
    kind.fail()

    ended = kind.world.release()

    assert (ended.status, ended.reason) == ("failure", "command")
    assert kind.refusal in log_of(ended)
    assert ended.environment.current == good


def test_a_retry_brings_the_same_commit(kind: Kind) -> None:
    kind.world.deploy()
    kind.fail()
    failed = kind.world.release()
    kind.fail(fails=False)

    ended = kind.world.end(lifecycle.retry(failed, kind.world.door))

    assert (ended.status, ended.kind, ended.sha) == ("success", "retry", failed.sha)


def test_a_way_back_brings_the_former_commit(kind: Kind) -> None:
    first = kind.world.deploy()
    kind.world.release()

    back = kind.world.roll_back(first)

    assert (back.status, back.kind, back.sha) == ("success", "rollback", first.sha)


def test_a_cancel_in_the_middle_asks_the_cloud_to_stop(kind: Kind) -> None:
    kind.hold()
    under_way = Meanwhile(kind.world.ask())
    until_it_says(under_way.deployment, kind.begun)

    lifecycle.cancel(kind.world.now(under_way.deployment), kind.world.door)
    ended = under_way.end()

    assert ended.status == "cancelled"
    assert kind.stopped in log_of(ended)


def test_what_takes_too_long_is_ended(kind: Kind, monkeypatch: pytest.MonkeyPatch) -> None:
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


def test_what_a_dead_worker_began_is_followed_on(kind: Kind) -> None:
    kind.hold()
    deployment = kind.world.ask()
    killed(deployment, kind.begun)
    kind.go_on()

    sweeper.ring_silent()
    ended = kind.world.end(deployment)

    assert (ended.status, ended.epoch, kind.begins()) == ("success", 2, 1)
    assert log_of(ended).count(kind.begun) == 1


def test_secrets_are_not_in_the_log_nor_in_what_others_can_see(kind: Kind) -> None:
    ended = kind.world.deploy()

    seen = f"{log_of(ended)}{ended.settings}"
    assert [secret for secret in (TOKEN, SECRET) if secret in seen] == []


def test_settings_that_it_cannot_use_stand_in_the_way(kind: Kind) -> None:
    kind.world.settings(check_seconds=0)

    with pytest.raises(Refused, match="check_seconds"):
        kind.world.ask()


def test_hosts_cannot_be_chosen(kind: Kind) -> None:
    found = blockers(kind.world.environment, kind.world.alice, hosts=["web-1"])

    assert "is deployed to as a whole" in " ".join(map(str, found))


def test_without_its_secrets_nothing_begins(kind: Kind) -> None:
    kind.world.environment.application.secrets.all().delete()

    found = blockers(kind.world.environment, kind.world.alice)

    assert {blocker.code for blocker in found} == {"no_secret"}
