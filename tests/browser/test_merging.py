"""A branch that gets main merged first: the review, its page while it waits, and the switch."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from deployments.models import Deployment, Environment, Person
from deployments.services import clearing
from tests.browser.conftest import CheckPage, PageFor
from tests.deployments import build
from tests.deployments.merging import FIRST, conflicting, lagging
from tests.servers.repositories import Repository

pytestmark = pytest.mark.browser
PAGE = "/apps/hello/qa/"


@pytest.fixture
def dora(site: str) -> Person:
    return build.person("dora")


@pytest.fixture
def code(tmp_path: Path) -> Repository:
    return build.repository(tmp_path)


@pytest.fixture
def qa(dora: Person, code: Repository) -> Environment:
    app = build.application("hello", code.path)
    made = build.environment(app, "qa", checks="named", required_contexts=["ci/test"])
    build.live(made, dora, code.git("rev-parse", "main"), subject="Say it three times")
    lagging(app, code)
    build.worker()
    return made


def test_the_switch_is_put_on_by_keyboard(
    page_for: PageFor, dora: Person, qa: Environment, check_page: CheckPage
) -> None:
    qa.application.auto_merge = False
    qa.application.save()
    page = page_for(dora)
    check_page(page, "/settings/apps/hello/", "merging-switch")
    page.get_by_role("checkbox", name="Merge the default branch").press("Space")
    page.get_by_role("button", name="Save what is merged").press("Enter")

    expect(page.get_by_text("Branches get what they lack from now on.")).to_be_visible()
    expect(page.get_by_role("checkbox", name="Merge the default branch")).to_be_checked()


def test_it_is_reviewed_asked_for_and_followed_while_it_waits(
    page_for: PageFor, dora: Person, qa: Environment, check_page: CheckPage
) -> None:
    page = page_for(dora)
    check_page(page, f"{PAGE}?ref=fix-login", "merging-review")
    page.get_by_role("button", name="Deploy to qa").press("Enter")
    expect(page.get_by_text("main is merged into fix-login first").first).to_be_visible()
    made = Deployment.objects.latest("pk")

    clearing.clear(made)

    check_page(page, made.get_absolute_url(), "merging-waits")
    expect(page.get_by_text(FIRST).first).to_be_visible()
    check_page(page, f"{made.get_absolute_url()}?tab=timeline", "merging-timeline")
    check_page(page, "/queue/", "merging-queue")


def test_a_conflict_is_reviewed_with_what_to_do(
    page_for: PageFor, dora: Person, qa: Environment, code: Repository, check_page: CheckPage
) -> None:
    conflicting(code)

    check_page(page_for(dora), f"{PAGE}?ref=fix-login", "merging-conflict")
