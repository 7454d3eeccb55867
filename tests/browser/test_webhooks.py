"""The pages of webhooks: readable everywhere, and usable by keys and without scripts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from playwright.sync_api import expect
from pytest_django import Settings

from deployments import vault
from deployments.exceptions import RepositoryAway
from deployments.models import Application, Delivery, ForgeAccess, Person
from deployments.services import deliveries, webhooks
from deployments.services.deliveries import State, Told
from tests.browser.conftest import CheckPage, PageFor
from tests.deployments import build
from tests.deployments.webhooks.github.examples import example

pytestmark = pytest.mark.browser

DELIVERIES = "/settings/deliveries/"
WEBHOOK = "/settings/apps/hello/-/webhook/"
HEADERS = {
    "User-Agent": "GitHub-Hookshot/044aadd",
    "X-GitHub-Event": "push",
    "X-Hub-Signature-256": f"sha256={'5d' * 32}",
}


@pytest.fixture
def dora(site: str) -> Person:
    return build.person("dora")


@pytest.fixture
def hello(site: str, tmp_path: Path) -> Application:
    return build.application("hello", build.repository(tmp_path).path)


@pytest.fixture
def told(hello: Application, dora: Person) -> Delivery:
    """A push that failed; before it one of each other state."""
    webhook, _ = webhooks.make(hello, dora, "Codertocat/Hello-World")
    body = json.dumps(example("push")).encode()
    ends = {State.WAITING: "", State.HANDLED: "The webhook works.", State.UNHANDLED: "Kept; nothing"
            " here does anything with it. Shipmate has no use for “star”.", State.FAILED: "Shipmate"
            " failed over this; its log names delivery 4."}  # fmt: skip
    for state, outcome in ends.items():
        guid = f"72d3162e-cc78-11e3-81ab-4c9367dc0958-{state}"
        row, _ = deliveries.accept(webhook, Told(guid, "push", "", body, HEADERS, 186853002))
        if outcome:
            deliveries.end(row, state, outcome)
    return row


def test_the_list_is_fit_for_everybody(
    page_for: PageFor, check_page: CheckPage, dora: Person, told: Delivery
) -> None:
    check_page(page_for(dora), DELIVERIES)


def test_empty_it_is_fit_for_everybody(
    page_for: PageFor, check_page: CheckPage, dora: Person
) -> None:
    check_page(page_for(dora), DELIVERIES, name="settings-deliveries-empty")


def test_one_is_fit_for_everybody(
    page_for: PageFor, check_page: CheckPage, dora: Person, told: Delivery
) -> None:
    check_page(page_for(dora), f"{DELIVERIES}{told.pk}/", name="settings-delivery")


def test_one_that_waits_for_github_and_a_forged_one_are_fit_for_everybody(
    page_for: PageFor, check_page: CheckPage, dora: Person, told: Delivery
) -> None:
    page, waits = page_for(dora), Delivery.objects.get(state="waiting")
    away = "GitHub cannot answer about Codertocat/Hello-World now (502)."
    deliveries.put_off(waits, RepositoryAway(away))
    forged = "Nothing is deployed. GitHub says otherwise of deployment 145988746: its commit."
    Delivery.objects.filter(pk=told.pk).update(outcome=forged)

    check_page(page, f"{DELIVERIES}{waits.pk}/", name="settings-delivery-waits")
    check_page(page, f"{DELIVERIES}{told.pk}/", name="settings-delivery-forged")


def test_the_webhook_is_fit_for_everybody(
    page_for: PageFor,
    check_page: CheckPage,
    dora: Person,
    hello: Application,
    settings: Settings,
) -> None:
    page = page_for(dora)
    check_page(page, WEBHOOK, name="settings-webhook-new")
    webhooks.make(hello, dora, "Codertocat/Hello-World")

    check_page(page, WEBHOOK, name="settings-webhook")
    settings.SHIPMATE_GITHUB_APP, settings.SHIPMATE_GITHUB_APP_WEBHOOK_SECRET = "4711", "hidden"
    row = hello.repository
    row.forge, row.location = "github", "https://github.com/Codertocat/Hello-World"
    row.save()
    ForgeAccess.objects.create(repository=row, app="4711", secret_encrypted=vault.encrypt("key"))
    check_page(page, WEBHOOK, name="settings-webhook-of-app")
    check_page(page, "/settings/apps/hello/", name="settings-app-webhook")


def test_by_keys_a_secret_is_made(page_for: PageFor, dora: Person, hello: Application) -> None:
    page = page_for(dora)
    page.goto(WEBHOOK)

    page.get_by_label("The repository at GitHub").fill("acme/hello")
    page.keyboard.press("Enter")

    expect(page.get_by_text("It is shown only now.")).to_be_visible()
    expect(page.get_by_text("/webhooks/github/", exact=False).first).to_be_visible()


def test_without_scripts_one_is_done_again(page_for: PageFor, dora: Person, told: Delivery) -> None:
    page = page_for(dora, scripts=False)
    page.goto(DELIVERIES)

    page.get_by_role("link", name="Failed").click()
    page.get_by_role("link", name="push").click()
    page.get_by_role("button", name="Do it again").click()

    expect(page.get_by_text("It is done again.")).to_be_visible()
    assert Delivery.objects.get(pk=told.pk).again == 1
