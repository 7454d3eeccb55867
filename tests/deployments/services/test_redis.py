"""Redis as the bell: it may lose what it carries, be empty or be away, and nothing comes of it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from django_q.brokers import get_broker
from django_q.signing import SignedPackage

from deployments import sweeper
from deployments.models import Deployment, Environment, Person
from deployments.services import queue
from deployments.services.moves import claim, move
from tests.deployments import build
from tests.deployments.api.conftest import Script
from tests.deployments.services.conftest import copy, enqueue, fall_silent
from tests.deployments.services.queueing import bells, drain, lose
from tests.servers.redis_server import RedisServer

pytestmark = [
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("redis"),
]
RUN = "deployments.tasks.run"


@pytest.fixture
def here(transactional_db: None) -> Environment:
    return build.environment(build.application("plain", Path("/nowhere/plain.git")), "here")


def a_while_ago(deployment: Deployment) -> None:
    """Let its bell have rung so long ago that it must have been lost."""
    rung = timezone.now() - timedelta(seconds=6)
    Deployment.objects.filter(pk=deployment.pk).update(rung_at=rung)


def test_what_is_queued_is_rung_for_through_redis(here: Environment, alice: Person) -> None:
    deployment = enqueue(here, alice)

    assert bells() == [(RUN, (deployment.pk,))]
    assert queue.bells("deploy") == 1


def test_each_bell_is_heard_once_in_order(here: Environment) -> None:
    for number in (1, 2):
        queue.wake(RUN, number, cluster="deploy")
    broker = get_broker("deploy")

    heard = [broker.dequeue() for _ in range(3)]

    assert [SignedPackage.loads(bell[0][1])["args"] for bell in heard if bell] == [(1,), (2,)]
    assert heard[2] == []


def test_a_task_that_a_killed_worker_took_is_rung_for_anew(
    here: Environment, alice: Person
) -> None:
    deployment = enqueue(here, alice)
    get_broker("deploy").dequeue()  # and nobody does it
    a_while_ago(deployment)

    sweeper.sweep()

    assert bells() == [(RUN, (deployment.pk,))]


def test_so_is_one_whose_worker_had_begun(here: Environment, alice: Person) -> None:
    deployment = enqueue(here, alice)
    get_broker("deploy").dequeue()
    assert claim(deployment, "w1")
    fall_silent(deployment)

    sweeper.sweep()

    assert bells() == [(RUN, (deployment.pk,))]


def test_redis_that_comes_back_empty_is_rung_anew(
    here: Environment, alice: Person, redis: RedisServer
) -> None:
    deployment = enqueue(here, alice)
    redis.stop()
    redis.start()
    assert bells() == []
    a_while_ago(deployment)

    sweeper.sweep()

    assert bells() == [(RUN, (deployment.pk,))]


def test_whoever_asks_while_redis_is_away_is_answered(
    here: Environment, alice: Person, redis: RedisServer
) -> None:
    redis.stop()

    deployment = enqueue(here, alice)

    assert copy(deployment).status == "queued"
    redis.start()
    a_while_ago(deployment)
    sweeper.sweep()
    assert bells() == [(RUN, (deployment.pk,))]


def test_the_sweeper_does_the_rest_while_redis_is_away(
    here: Environment, alice: Person, redis: RedisServer
) -> None:
    redis.stop()
    deployment = enqueue(here, alice)
    long_ago = timezone.now() - timedelta(days=2)
    Deployment.objects.filter(pk=deployment.pk).update(queued_at=long_ago)

    assert sweeper.sweep_safely()

    assert copy(deployment).reason == "lost"


def test_who_takes_tasks_asks_until_redis_is_there(here: Environment, redis: RedisServer) -> None:
    broker = get_broker("deploy")
    redis.stop()
    assert (broker.ping(), broker.dequeue(), queue.bells("deploy")) == (True, [], None)

    redis.start()
    queue.wake(RUN, 7, cluster="deploy")

    assert len(broker.dequeue()) == 1


def test_figures_leave_out_what_nobody_knows(redis: RedisServer, root: Person) -> None:
    script = Script(root)
    redis.stop()

    answer = script.client.get("/metrics")

    assert answer.status_code == 200
    assert b"shipmate_queue_bells{" not in answer.content


def test_the_next_one_begins_when_the_first_ends(here: Environment, alice: Person) -> None:
    first, second = enqueue(here, alice), enqueue(here, alice)
    assert claim(first, "w1")
    lose()

    assert move(first, "success")

    assert bells() == [(RUN, (second.pk,))]
    assert drain() == 1
