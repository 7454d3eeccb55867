"""Importing apps.json: readable everywhere, and done by keys and without scripts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from deployments.models import Application, Person
from tests.browser.conftest import WIDTHS, CheckPage, PageFor, faults, sideways
from tests.browser.conftest import _keep as keep
from tests.deployments import build

pytestmark = pytest.mark.browser

PAGE = "/settings/apps/-/import/"
FILE: dict[str, Any] = {
    "Web": {
        "repository": "acme/web",
        "provider": "bundler_capistrano",
        "environments": ["production", "staging"],
        "required_contexts": ["ci/test", "security/brakeman"],
        "production_url": "https://www.example.com",
        "hosts": {"production": ["web-1.example.com", "deploy@web-2.example.com:2222"]},
        "auto_merge": True,
        "allowed_rooms": ["14dc03c3-8c97-45a5-8432-59df312e7c1b"],
        "check_deploy_status": {"environments": {"production": "0 0 8 * * 1-5"}},
    },
    "hubot": {"repository": "acme/web", "provider": "heroku", "heroku_production_name": "my-hubot"},
    "gone": {"repository": "acme/gone-for-a-very-long-time-and-never-to-come-back-again"},
    "none": 7,
}


@pytest.fixture
def root(site: str) -> Person:
    return build.person("root")


@pytest.fixture
def place(tmp_path: Path) -> str:
    (tmp_path / "acme").mkdir()
    build.repository(tmp_path / "acme", "web")
    return f"{tmp_path}/{{repository}}.git"


def look(page: Page, place: str, file: Path) -> None:
    page.goto(PAGE)
    page.get_by_label("The file").set_input_files(file)
    page.get_by_label("Where the repositories are").fill(place)
    page.get_by_role("button", name="Show what would be made").press("Enter")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "apps.json"
    path.write_text(json.dumps(FILE, indent=2))
    return path


def check_as_it_is(page: Page, name: str) -> None:
    """Look at what a form answered: it cannot be asked for by an address."""
    for width, height in WIDTHS.items():
        page.set_viewport_size({"width": width, "height": height})
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            keep(page, f"{name}-{scheme}-{width}")
            assert sideways(page) <= 0, f"{name} at {width} scrolls sideways"
            assert faults(page) == [], f"{name} at {width}, {scheme}"


def test_the_form_is_fit_for_everybody(
    page_for: PageFor, check_page: CheckPage, root: Person
) -> None:
    check_page(page_for(root), PAGE, name="settings-import")


def test_what_would_be_made_and_what_was_are_fit_for_everybody(
    page_for: PageFor, root: Person, place: str, file: Path
) -> None:
    page = page_for(root)
    look(page, place, file)
    expect(page.get_by_text("What would be made: 2 of 4 apps")).to_be_visible()
    check_as_it_is(page, "settings-import-plan")

    page.get_by_role("button", name="Import 2 apps").press("Enter")

    expect(page.get_by_role("heading", name="What came of it")).to_be_visible()
    check_as_it_is(page, "settings-imported")


def test_without_scripts_it_is_done(
    page_for: PageFor, root: Person, place: str, file: Path
) -> None:
    page = page_for(root, scripts=False)
    look(page, place, file)
    page.get_by_role("button", name="Import 2 apps").click()
    page.get_by_role("link", name="web", exact=True).click()

    expect(page.get_by_role("heading", name="web", exact=True)).to_be_visible()
    assert [app.name for app in Application.objects.all()] == ["hubot", "web"]


def test_what_is_wrong_is_said_and_what_was_pasted_stays(page_for: PageFor, root: Person) -> None:
    page = page_for(root)
    page.goto(PAGE)
    page.get_by_label("Or what stands in it").fill('{\n  "web": {},\n}')
    page.get_by_role("button", name="Show what would be made").click()

    expect(page.get_by_text("line 3, column 1")).to_be_visible()
    expect(page.get_by_label("Or what stands in it")).to_be_focused()
    expect(page.get_by_label("Or what stands in it")).to_have_value('{\n  "web": {},\n}')
