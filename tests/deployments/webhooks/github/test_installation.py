"""Whether the GitHub App may still see the repository is told where its webhook is set up."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from deployments import vault
from deployments.models import ForgeAccess, Webhook
from tests.deployments.webhooks.conftest import NAME, Deliver, handled
from tests.deployments.webhooks.github.examples import example

pytestmark = pytest.mark.django_db


def told(action: str, *names: str) -> dict[str, Any]:
    listed = [{"id": 1, "full_name": name} for name in names]
    return {**example("installation"), "action": action, "repositories": listed}


@pytest.mark.parametrize("action", ["deleted", "suspend"])
def test_lost_access_is_told_on_its_page(
    deliver: Deliver, webhook: Webhook, as_dora: Client, action: str
) -> None:
    deliver("installation", told(action, NAME))

    assert handled().state == "handled"
    page = as_dora.get("/settings/apps/hello/-/webhook/").content.decode()
    assert "Install the App again there" in page


def test_access_that_is_back_is_told_no_more(deliver: Deliver, webhook: Webhook) -> None:
    Webhook.objects.update(access_lost="The GitHub App was suspended")

    deliver("installation", told("unsuspend", NAME))

    assert handled().state == "handled"
    webhook.refresh_from_db()
    assert webhook.access_lost is None


@pytest.mark.parametrize(("action", "rests"), [("new_permissions_accepted", 0), ("suspend", 1)])
def test_what_a_right_was_lacking_for_is_tried_at_once(
    deliver: Deliver, webhook: Webhook, action: str, rests: int
) -> None:
    later = timezone.now() + timedelta(hours=1)
    secret = vault.encrypt("a key")
    ForgeAccess.objects.create(
        repository=webhook.repository, secret_encrypted=secret, rest_until=later
    )

    deliver("installation", told(action, NAME))

    assert handled().state == "handled"
    assert ForgeAccess.objects.filter(rest_until=later).count() == rests


def test_a_repository_that_is_taken_out_is_told(deliver: Deliver, webhook: Webhook) -> None:
    body = {"action": "removed", "repositories_removed": [{"full_name": NAME}]}

    deliver("installation_repositories", body)

    assert handled().outcome.startswith("The GitHub App may not see it any more.")


def test_what_is_about_others_says_nothing_of_it(deliver: Deliver, webhook: Webhook) -> None:
    deliver("installation", told("deleted", "acme/other"))

    assert handled().state == "unhandled"
    webhook.refresh_from_db()
    assert webhook.access_lost is None
