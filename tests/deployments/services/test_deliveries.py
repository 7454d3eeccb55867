"""Deliveries that come at once share a transaction; each is kept before that is said."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from deployments.models import Application, Delivery, Webhook
from deployments.services import deliveries, webhooks
from deployments.services.coming_again import Came
from deployments.services.deliveries import Told
from tests.deployments import build
from tests.deployments.services.queueing import bells

SENDERS = 8


@pytest.fixture
def webhook(transactional_db: None, hello: Application) -> Webhook:
    return webhooks.make(hello, build.maker(), "acme/hello")[0]


def told(guid: str) -> Told:
    return Told(guid, "push", "", guid.encode())


def send(webhook: Webhook, guids: list[str]) -> list[bool]:
    """Accept them at once, and say of each whether it was new; answered, it is there for all."""
    together = threading.Barrier(SENDERS)

    def accept(guid: str) -> bool:
        together.wait(60)
        try:
            _, came = deliveries.accept(webhook, told(guid))
            assert Delivery.objects.filter(guid=guid).exists()
        finally:
            connection.close()
        return came is Came.NEW

    with ThreadPoolExecutor(SENDERS) as pool:
        return list(pool.map(accept, guids))


def test_each_is_kept_once_and_one_bell_rings(webhook: Webhook) -> None:
    guids = [str(number) for number in range(SENDERS * 5)]

    assert send(webhook, guids) == [True] * len(guids)
    assert set(Delivery.objects.values_list("guid", flat=True)) == set(guids)
    assert len(bells("chat")) == 1


def test_the_same_sent_at_once_counts_once(webhook: Webhook) -> None:
    news = send(webhook, ["a", "b"] * (SENDERS // 2))

    assert sum(news) == 2
    assert Delivery.objects.count() == 2


def test_a_transaction_for_all_takes_no_more_than_for_one(webhook: Webhook) -> None:
    counts = []
    for guids in ("a", "bcdefgh"):
        with CaptureQueriesContext(connection) as asked:
            deliveries._at_once([(webhook, told(guid)) for guid in guids])
        counts.append(len(asked))
        Delivery.objects.update(rung_at=None)

    assert counts[0] == counts[1]


def test_one_that_was_kept_before_keeps_no_other_out(webhook: Webhook) -> None:
    deliveries.accept(webhook, told("a"))

    found = deliveries._at_once([(webhook, told(guid)) for guid in "abc"])

    assert [one[1] for one in found if not isinstance(one, Exception)] == [
        Came.BEFORE,
        Came.NEW,
        Came.NEW,
    ]


def test_one_that_cannot_be_kept_keeps_no_other_out(webhook: Webhook) -> None:
    unfit = Told("b", None, "", b"b")  # type: ignore[arg-type]  # as no column takes it

    found = deliveries._at_once([(webhook, told("a")), (webhook, unfit), (webhook, told("c"))])

    assert isinstance(found[1], Exception)
    assert set(Delivery.objects.values_list("guid", flat=True)) == {"a", "c"}


def test_within_anothers_transaction_it_is_theirs_to_keep_it_and_shared_with_nobody(
    webhook: Webhook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deliveries, "_together", None)

    with transaction.atomic():
        deliveries.accept(webhook, told("a"))
        transaction.set_rollback(True)

    assert not Delivery.objects.exists()
