"""The queue in the database: each bell is heard once, by one cluster."""

from __future__ import annotations

import threading

import pytest
from django.db import connection
from django_q.brokers import get_broker
from django_q.conf import Conf
from django_q.models import OrmQ
from django_q.signing import SignedPackage

from chatops.broker import Bells
from deployments.services import queue

pytestmark = pytest.mark.django_db(transaction=True)


def ring(*numbers: int, cluster: str = "chat") -> None:
    for number in numbers:
        queue.wake("bots.tasks.handle", number, cluster=cluster)


def heard(broker: Bells) -> list[int]:
    return [SignedPackage.loads(payload)["args"][0] for _, payload in broker.dequeue()]


@pytest.fixture
def chat(monkeypatch: pytest.MonkeyPatch) -> Bells:
    monkeypatch.setattr(Conf, "BULK", 3)
    broker = get_broker("chat")
    assert isinstance(broker, Bells)
    return broker


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
        while numbers := heard(Bells("chat")):
            found.extend(numbers)
        connection.close()

    threads = [threading.Thread(target=listen) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    while numbers := heard(chat):  # who lost all of its bells to others has stopped listening
        found.extend(numbers)

    assert sorted(found) == list(range(30))
