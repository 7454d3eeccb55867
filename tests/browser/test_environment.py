"""The environment's commit list and deploy form, by keyboard and without scripts."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from deployments.models import Environment, Person
from tests.browser.conftest import CheckPage, PageFor, faults
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
