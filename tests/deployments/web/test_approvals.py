"""What waits for approval, on its page, on the board and in the queue."""

from __future__ import annotations

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from deployments.models import Deployment, Environment, Person
from deployments.services import approvals
from tests.deployments import build

pytestmark = pytest.mark.django_db

BECAUSE = "Octo at GitHub is linked to nobody here, so somebody has to approve it."


@pytest.fixture
def asked(qa: Environment) -> Deployment:
    made = build.deployment(qa, build.person("octo"), "a" * 40, status="pending")
    with transaction.atomic():
        approvals.ask(made, BECAUSE)
    return made


def shown(client: Client, url: str) -> str:
    return client.get(url).content.decode()


def test_its_page_says_why_and_who_may(as_dora: Client, asked: Deployment) -> None:
    page = shown(as_dora, asked.get_absolute_url())

    assert BECAUSE in page
    assert "Who may: Dora, Maker." in page
    assert f'action="/deployments/{asked.pk}/approve/"' in page


def test_who_may_not_gets_no_button(as_alice: Client, asked: Deployment) -> None:
    page = shown(as_alice, asked.get_absolute_url())

    assert "/approve/" not in page
    assert "Maintainers of hello/qa" in page


def test_it_is_approved_there(as_dora: Client, asked: Deployment, dora: Person) -> None:
    as_dora.post(f"/deployments/{asked.pk}/approve/", {"key": "k"})

    assert "approved by Dora" in shown(as_dora, asked.get_absolute_url())


def test_it_is_rejected_there_with_a_reason(as_dora: Client, asked: Deployment) -> None:
    as_dora.post(f"/deployments/{asked.pk}/reject/", {"key": "k", "because": "not today"})

    asked.refresh_from_db()
    assert (asked.status, asked.note) == ("cancelled", "cancelled by Dora: not today")


def test_the_board_and_the_queue_offer_it_to_who_may(as_dora: Client, asked: Deployment) -> None:
    assert "Waits for your approval" in shown(as_dora, "/")
    assert f'action="/deployments/{asked.pk}/approve/"' in shown(as_dora, "/queue/")


def test_the_board_and_the_queue_offer_it_to_nobody_else(
    as_alice: Client, asked: Deployment
) -> None:
    assert "Waits for your approval" not in shown(as_alice, "/")
    assert "/approve/" not in shown(as_alice, "/queue/")


def test_its_timeline_tells_of_both(as_dora: Client, asked: Deployment) -> None:
    as_dora.post(f"/deployments/{asked.pk}/approve/", {"key": "k"})

    page = shown(as_dora, f"{asked.get_absolute_url()}?tab=timeline")
    assert "It waits for approval." in page
    assert "Dora approved it on the page." in page


def test_more_that_wait_take_no_more_queries(as_dora: Client, asked: Deployment) -> None:
    as_dora.get("/queue/")
    with CaptureQueriesContext(connection) as one:
        as_dora.get("/queue/")
    for _ in range(5):
        more = build.deployment(asked.environment, asked.person, "a" * 40, status="pending")
        with transaction.atomic():
            approvals.ask(more, BECAUSE)

    with CaptureQueriesContext(connection) as many:
        as_dora.get("/queue/")

    assert len(many) == len(one)
