"""The pages of the API and of tokens, in a real browser under the strict policy."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from deployments.models import Person
from deployments.services import tokens
from tests.browser.conftest import CheckPage, PageFor
from tests.deployments import build

pytestmark = pytest.mark.browser


@pytest.fixture
def alice(site: str) -> Person:
    return build.person("alice")


@pytest.mark.parametrize("who", ["alice", "a stranger"])
def test_everybody_can_read_the_description(
    alice: Person, page_for: PageFor, check_page: CheckPage, who: str
) -> None:
    page = page_for(alice if who == "alice" else None)

    check_page(page, "/api/", f"api-{who.split()[-1]}")
    expect(page.get_by_text("/api/deployments/{number}/retry/", exact=True)).to_be_visible()


def test_an_operation_opens_with_all_that_it_takes(
    alice: Person, page_for: PageFor, check_page: CheckPage
) -> None:
    page = page_for(alice)
    page.goto("/api/")

    page.locator("#deployments_create summary").click()

    opened = page.locator("#deployments_create")
    expect(opened.get_by_role("rowheader", name="expected_sha")).to_be_visible()
    expect(opened.get_by_text("Takes a token with the scope deploy.")).to_be_visible()


def test_a_call_is_tried_out(alice: Person, page_for: PageFor) -> None:
    text = tokens.make(alice, "ci", by=alice)[1]
    page = page_for(None)
    complaints = refused(page)
    page.goto("/api/try/")

    page.get_by_role("button", name="Authorize").first.click()
    page.locator(".auth-container input").first.fill(text)
    page.locator(".auth-btn-wrapper .authorize").click()
    page.locator(".auth-btn-wrapper .btn-done").click()
    page.locator("#operations-me-me .opblock-summary-control").click()
    page.get_by_role("button", name="Try it out").click()
    page.get_by_role("button", name="Execute").click()

    expect(page.locator(".live-responses-table")).to_contain_text('"username": "alice"')
    assert complaints == []


def test_trying_out_can_be_read_by_everybody(page_for: PageFor, check_page: CheckPage) -> None:
    check_page(page_for(None), "/api/try/")


def refused(page: Page) -> list[str]:
    """Collect what the policy refuses, and what fails."""
    found: list[str] = []
    page.on("console", lambda said: found.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: found.append(str(error)))
    return found


def test_a_token_is_made_seen_once_and_revoked(alice: Person, page_for: PageFor) -> None:
    page = page_for(alice)
    page.goto("/settings/tokens/")
    page.get_by_label("Name").fill("nightly build")
    page.get_by_label("statuses: ").check()

    page.get_by_role("button", name="Make a token").click()

    expect(page.get_by_text(re.compile("ship_.{40}"))).to_be_visible()
    expect(page.get_by_text("may read, deploy, statuses")).to_be_visible()
    page.get_by_text("Revoke", exact=True).click()
    page.get_by_role("button", name="Revoke it for good").click()
    expect(page.get_by_text("is of no use any more")).to_be_visible()
    expect(page.get_by_text("1 that ended")).to_be_visible()


def test_a_token_for_addresses_asks_for_its_apps(
    alice: Person, page_for: PageFor, tmp_path: Path
) -> None:
    build.application("hello", tmp_path / "hello")
    page = page_for(alice)
    page.goto("/settings/tokens/")
    page.get_by_label("Name").fill("old bot")
    page.get_by_label("May stand in an address").check()
    page.get_by_role("button", name="Make a token").click()
    expect(page.get_by_text("is for certain apps: choose them.")).to_be_visible()

    page.get_by_label("Only in these apps").select_option("hello")
    page.get_by_role("button", name="Make a token").click()

    expect(page.get_by_text("in hello, also in addresses")).to_be_visible()


def test_tokens_can_be_read_by_everybody(
    alice: Person, page_for: PageFor, check_page: CheckPage, tmp_path: Path
) -> None:
    root = build.person("root")
    for name in ("hello", "shop", "docs"):
        build.application(name, tmp_path / name)
    for person, name in ((alice, "nightly"), (root, "metrics"), (root, "report")):
        tokens.make(person, name, by=root, days=90)
    tokens.revoke(root.tokens.get(name="report"), by=root)

    page = page_for(root)
    check_page(page, "/settings/tokens/")
    page.get_by_role("link", name="What scripts can do").click()
    expect(page.get_by_role("heading", name="API", exact=True)).to_be_visible()
