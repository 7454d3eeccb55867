"""The environment's commit list and deploy form, by keyboard and without scripts."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from deployments.models import Environment, Person, PullRequest, PullRequestsHeard, Repository
from tests.browser.conftest import WIDTHS, CheckPage, PageFor, faults, sideways
from tests.browser.conftest import _keep as keep
from tests.deployments import build

pytestmark = pytest.mark.browser
PAGE = "/apps/hello/production/"


@pytest.fixture
def alice(site: str) -> Person:
    return build.person("alice")


@pytest.fixture
def production(alice: Person, tmp_path: Path) -> Environment:
    """Production of hello at the first of three commits, with branches to choose from."""
    repository = build.repository(tmp_path)
    for name in ("fix-login", "feature/payments"):
        repository.branch(name, repository.git("rev-parse", "main~1"))
    app = build.application("hello", repository.path)
    made = build.environment(app, "production", hosts=2, position=2, production=True)
    build.live(made, alice, repository.git("rev-parse", "main~2"), subject="Say hello")
    build.worker()
    return made


def test_what_to_deploy_is_chosen_and_reviewed_by_keyboard_alone(
    page_for: PageFor, alice: Person, production: Environment
) -> None:
    page = page_for(alice)
    page.goto(PAGE)
    field = page.get_by_role("combobox", name="What")
    field.focus()
    page.keyboard.type("login")
    expect(page.get_by_role("option", name=re.compile("^fix-login"))).to_contain_text("1 ahead")
    assert faults(page) == []

    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(field).to_have_value("fix-login")
    page.keyboard.press("Enter")

    expect(page.get_by_role("button", name="Deploy to production")).to_be_visible()
    expect(page.locator(".commits .picked")).to_contain_text("asked for")


def test_escape_leaves_what_was_typed(
    page_for: PageFor, alice: Person, production: Environment
) -> None:
    page = page_for(alice)
    page.goto(PAGE)
    field = page.get_by_role("combobox", name="What")
    field.press("ArrowDown")
    expect(page.get_by_role("option").first).to_contain_text("main")
    page.keyboard.type("v2")
    page.keyboard.press("Escape")

    expect(page.get_by_role("listbox")).to_be_hidden()
    expect(field).to_have_value("v2")


def test_a_commit_of_the_list_is_reached_by_its_row(
    page_for: PageFor, alice: Person, production: Environment
) -> None:
    page = page_for(alice)
    page.goto(PAGE)
    for key in ("j", "j", "Enter"):
        page.keyboard.press(key)

    expect(page.locator(".commits .picked")).to_contain_text("Say it twice")
    expect(page.locator(".commits .stays")).to_contain_text("Say it three times")


def test_without_scripts_the_field_is_a_field(
    page_for: PageFor, alice: Person, production: Environment
) -> None:
    page = page_for(alice, scripts=False)
    page.goto(PAGE)
    page.get_by_label("What", exact=True).fill("fix-login")
    page.get_by_role("button", name="Review").click()

    expect(page.get_by_role("button", name="Deploy to production")).to_be_visible()


def test_it_is_readable_everywhere(
    page_for: PageFor, check_page: CheckPage, alice: Person, production: Environment
) -> None:
    page = page_for(alice)
    check_page(page, PAGE, "environment")
    check_page(page, f"{PAGE}?ref=fix-login", "environment-review")


def test_an_open_pull_request_is_chosen_by_its_number_or_its_title(
    page_for: PageFor, alice: Person, production: Environment
) -> None:
    repository = production.application.repository
    Repository.objects.filter(pk=repository.pk).update(forge="github")
    opened(repository, 123, "Mend the login of those who come by single sign-on", "ana")
    PullRequestsHeard.objects.create(
        repository=repository, heard_at=timezone.now() - timedelta(minutes=20)
    )
    page = page_for(alice)
    page.goto(PAGE)
    field = page.get_by_role("combobox", name="What")
    field.focus()
    page.keyboard.type("#1")
    option = page.get_by_role("option", name=re.compile("^#123"))
    expect(option).to_contain_text("Mend the login of those who come by single sign-on — ana")
    expect(option).to_contain_text("as of 20 min ago")
    for width, height in WIDTHS.items():
        page.set_viewport_size({"width": width, "height": height})
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            field.evaluate("field => field.scrollIntoView({block: 'center'})")
            keep(page, f"pull-requests-{scheme}-{width}")
            assert sideways(page) <= 0
            assert faults(page) == []

    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(field).to_have_value("#123")


def opened(repository: Repository, number: int, title: str, author: str) -> None:
    now = timezone.now()
    PullRequest.objects.create(
        repository=repository, number=number, title=title, author=author,
        sha="a" * 40, said_at=now, heard_at=now,
    )  # fmt: skip
