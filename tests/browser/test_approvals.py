"""What waits for approval, and the webhook that is installed: readable and usable everywhere."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from django.db import transaction
from django.utils import timezone
from playwright.sync_api import expect

from deployments.models import Application, Deployment, ForgeDeployment, Person, Repository, Webhook
from deployments.services import approvals, deliveries, strangers, webhooks
from deployments.services.deliveries import Told
from tests.browser.conftest import CheckPage, PageFor
from tests.deployments import build

pytestmark = pytest.mark.browser

API = "https://api.github.com"
BECAUSE = "octocat at GitHub is linked to nobody here, so somebody has to approve it."
WEBHOOK = "/settings/apps/hello/-/webhook/"


@pytest.fixture
def dora(site: str) -> Person:
    return build.person("dora")


@pytest.fixture
def hello(site: str, tmp_path: Path) -> Application:
    app = build.application("hello", build.repository(tmp_path).path)
    build.environment(app, "production", hosts=2, production=True)
    return app


@pytest.fixture
def asked(hello: Application) -> Deployment:
    with transaction.atomic():
        octocat = strangers.stand_in(API, 583231, "octocat")
    made = build.deployment(
        hello.environments.get(),
        octocat,
        "6113728f27ae82c7b1a177c8d03f9e96e0adf246",
        status="pending",
        via="webhook",
        why="Fix the login (said to be for ana)",
        subject="Say it three times",
    )
    ForgeDeployment.objects.create(
        repository=hello.repository,
        remote_id=145988746,
        deployment=made,
        base_url=API,
        uid=583231,
        login="octocat",
    )
    with transaction.atomic():
        approvals.ask(made, BECAUSE)
    return made


def test_its_page_is_fit_for_everybody(
    page_for: PageFor, check_page: CheckPage, dora: Person, asked: Deployment
) -> None:
    page = page_for(dora)
    check_page(page, asked.get_absolute_url(), name="approval-asked")
    check_page(page, f"{asked.get_absolute_url()}?tab=timeline", name="approval-timeline")


def test_the_board_and_the_queue_are_fit_for_everybody(
    page_for: PageFor, check_page: CheckPage, dora: Person, asked: Deployment
) -> None:
    page = page_for(dora)
    check_page(page, "/", name="approval-board")
    check_page(page, "/queue/", name="approval-queue")


def test_it_is_rejected_with_keys_alone(
    page_for: PageFor, site: str, dora: Person, asked: Deployment
) -> None:
    page = page_for(dora)
    page.goto(f"{site}{asked.get_absolute_url()}")
    page.get_by_label("Reject because").focus()
    page.keyboard.type("not before the demo")
    page.keyboard.press("Enter")

    expect(page.get_by_text("rejected by Dora")).to_be_visible()


def test_the_webhook_at_github_is_fit_for_everybody(
    page_for: PageFor, check_page: CheckPage, dora: Person, hello: Application
) -> None:
    Repository.objects.update(forge="github", location="https://github.com/acme/hello")
    hello.refresh_from_db()
    webhook, _ = webhooks.make(hello, dora, "acme/hello")
    asked_at = timezone.now() - timedelta(seconds=3)
    rows = Webhook.objects.filter(pk=webhook.pk)
    rows.update(hook_id="7", pinged_at=asked_at, access_lost="The GitHub App was suspended",
                access_lost_at=asked_at)  # fmt: skip
    page = page_for(dora)
    check_page(page, WEBHOOK, name="webhook-pinged")

    deliveries.accept(webhook, Told("guid", "ping", "", b"{}", {}, 186853002))

    check_page(page, WEBHOOK, name="webhook-arrived")
