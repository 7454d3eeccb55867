"""The queue in the database: each bell is heard once, at once, by one whose worker is free."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest
from django.db import connection, transaction
from django_q.brokers import get_broker
from django_q.conf import Conf
from django_q.models import OrmQ
from django_q.signing import SignedPackage

from chatops.broker import Bells, Notified
from chatops.handing import Handing
from deployments.services import queue

pytestmark = pytest.mark.django_db(transaction=True)
FOR_EVER = 300.0  # seconds: longer than a test may take


def ring(*numbers: int, cluster: str = "chat") -> None:
    for number in numbers:
        queue.wake("bots.tasks.handle", number, cluster=cluster)


def heard(broker: Bells) -> list[int]:
    return [SignedPackage.loads(payload)["args"][0] for _, payload in broker.dequeue()]


@pytest.fixture(autouse=True)
def three_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Conf, "BULK", 3)
    monkeypatch.setattr(Conf, "POLL", 0.05)


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have those who wait look again only if somebody wakes them."""
    monkeypatch.setattr(Conf, "POLL", FOR_EVER)


@pytest.fixture
def chat() -> Iterator[Bells]:
    broker = get_broker("chat")
    assert isinstance(broker, Bells)
    yield broker
    broker.close()


class Cluster(threading.Thread):
    """Waits until it has heard something, as a cluster of its own."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.broker = get_broker("chat")
        self.looks = 0
        self.waits = threading.Event()
        self.heard: list[int] = []
        self._take, self._wait = self.broker.take, self.broker.wait
        self.broker.take, self.broker.wait = self._count, self._say
        self.start()

    def run(self) -> None:
        try:
            while not self.heard:
                self.heard = heard(self.broker)
        finally:
            self.broker.close()
            connection.close()

    def _count(self) -> list[tuple[int, str]]:
        self.looks += 1
        found: list[tuple[int, str]] = self._take()
        return found

    def _say(self) -> None:
        self.waits.set()
        self._wait()


@pytest.fixture
def begin(transactional_db: None) -> Iterator[Callable[[], Cluster]]:
    """Start clusters, none of which outlives the test."""
    begun: list[Cluster] = []

    def start() -> Cluster:
        begun.append(Cluster())
        return begun[-1]

    yield start
    while any(cluster.is_alive() for cluster in begun):
        ring(0)
        begun[-1].join(0.1)


def until(condition: Callable[[], object]) -> None:
    """Wait until it is so."""
    pause = threading.Event()
    assert any(condition() or pause.wait(0.02) for _ in range(3_000))


def test_bells_are_heard_in_order_several_at_once(chat: Bells) -> None:
    ring(1, 2, 3, 4)

    assert [heard(chat), heard(chat), heard(chat)] == [[1, 2, 3], [4], []]


def test_a_bell_is_gone_when_it_was_heard(chat: Bells) -> None:
    ring(1)
    [(bell, _)] = chat.dequeue()

    assert queue.bells("chat") == 0 and not OrmQ.objects.exists()
    chat.acknowledge(bell)


def test_another_clusters_bells_are_left_alone(chat: Bells) -> None:
    ring(1, cluster="deploy")

    assert heard(chat) == []
    assert queue.bells("deploy") == 1


def test_two_clusters_hear_each_bell_once(chat: Bells) -> None:
    ring(*range(30))
    found: list[int] = []

    def listen() -> None:
        broker = get_broker("chat")
        while numbers := heard(broker):
            found.extend(numbers)
        broker.close()
        connection.close()

    threads = [threading.Thread(target=listen) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    while numbers := heard(chat):  # who lost all of its bells to others has stopped listening
        found.extend(numbers)

    assert sorted(found) == list(range(30))


@pytest.mark.usefixtures("patient")
def test_who_waits_is_woken(begin: Callable[[], Cluster]) -> None:
    cluster = begin()
    cluster.waits.wait(30)

    ring(7)

    cluster.join(60)
    assert cluster.heard == [7]


@pytest.mark.usefixtures("patient")
def test_not_before_the_commit(begin: Callable[[], Cluster]) -> None:
    cluster = begin()
    cluster.waits.wait(30)

    with transaction.atomic():
        ring(7)
        cluster.join(0.5)
        assert cluster.heard == []

    cluster.join(60)
    assert cluster.heard == [7]


@pytest.mark.usefixtures("patient")
def test_what_rang_before_anybody_listened_is_heard(begin: Callable[[], Cluster]) -> None:
    ring(7)

    cluster = begin()

    cluster.join(60)
    assert cluster.heard == [7]


@pytest.mark.usefixtures("patient")
def test_what_rings_between_a_look_and_the_wait_is_heard(chat: Bells) -> None:
    assert chat.take() == []
    ring(7)

    chat.wait()  # for ever, else

    assert heard(chat) == [7]


@pytest.mark.usefixtures("patient")
def test_one_of_eight_takes_it_and_the_others_wait_on(begin: Callable[[], Cluster]) -> None:
    clusters = [begin() for _ in range(8)]
    for cluster in clusters:
        cluster.waits.wait(30)

    ring(7)

    until(lambda: any(cluster.heard for cluster in clusters))
    idle = [cluster for cluster in clusters if not cluster.heard]
    assert len(idle) == 7 and all(cluster.is_alive() for cluster in idle)
    assert sum(cluster.looks for cluster in clusters) <= 16  # each once, and once when it rang


def test_a_cluster_whose_workers_are_busy_leaves_bells_to_others(chat: Bells) -> None:
    busy = get_broker("chat")
    busy.workers = Handing(1)
    ring(7)

    assert busy.dequeue() == []
    assert heard(chat) == [7]


def test_a_database_that_goes_away_is_asked_again(chat: Bells) -> None:
    assert heard(chat) == []
    cut(chat)
    ring(7)

    until(lambda: heard(chat) == [7])


def cut(broker: Bells) -> None:
    """Break the connection by which it waits, from the other end."""
    if connection.vendor == "sqlite":
        broker.close()
        return
    assert isinstance(broker, Notified)
    number = broker.own.connection.info.backend_pid
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 10000)", [number])
