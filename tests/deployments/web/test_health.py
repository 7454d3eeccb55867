"""What a supervisor or balancer asks."""

from __future__ import annotations

import pytest
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client


def test_healthz_asks_nothing_of_the_database(client: Client) -> None:
    assert client.get("/healthz").content == b"ok\n"  # no `db` fixture: a query would fail


def test_readyz_is_ready_for_anybody(client: Client, db: None) -> None:
    answer = client.get("/readyz")

    assert (answer.status_code, answer.content) == (200, b"ready\n")


def test_readyz_names_what_is_missing(client: Client, db: None) -> None:
    MigrationRecorder.Migration.objects.filter(app="bots").delete()

    answer = client.get("/readyz")

    assert answer.status_code == 503 and b"not applied" in answer.content


@pytest.mark.parametrize("address", ["/healthz", "/readyz"])
def test_nothing_can_be_sent_there(client: Client, address: str) -> None:
    assert client.post(address).status_code == 405
