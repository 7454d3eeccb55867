"""The log of a deployment, read in a real browser."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from deployments.models import Deployment, Environment, Person
from tests.browser.conftest import CheckPage, PageFor
from tests.deployments import build

pytestmark = pytest.mark.browser


@pytest.fixture
def alice(site: str) -> Person:
    return build.person("alice")


@pytest.fixture
def production(site: str, tmp_path: Path) -> Environment:
    app = build.application("hello", build.repository(tmp_path).path)
    return build.environment(app, "production", hosts=2)


@pytest.fixture
def long(alice: Person, production: Environment) -> Deployment:
    """Make one with 10,000 lines, of which two are errors."""
    made = build.deployment(production, alice, "a" * 40, status="failure", reason="command")
    build.phase(made, "build", 1, "success", "failure")
    for host in ("hello-production-1", "hello-production-2"):
        for _ in range(5):
            build.log(made, "".join(f"line {n} of 1000\n" for n in range(999)), host)
            build.log(made, "ERROR: connection refused\n", host)
    return made


@pytest.fixture
def page(page_for: PageFor, long: Deployment, alice: Person) -> Page:
    opened = page_for(alice)
    opened.set_viewport_size({"width": 1280, "height": 900})
    opened.goto(long.get_absolute_url())
    return opened


def test_the_earlier_lines_come_when_the_reader_goes_up(page: Page) -> None:
    expect(page.locator("#L10000")).to_be_in_viewport()
    assert page.locator("#L8001").count() == 1 and page.locator("#L8000").count() == 0

    page.locator(".log").hover()
    page.mouse.wheel(0, -80_000)

    expect(page.locator("#L7000")).to_be_attached()
    assert "before" not in page.url


def test_a_line_that_is_not_on_the_page_is_fetched_by_its_number(
    page: Page, long: Deployment
) -> None:
    page.goto(f"{long.get_absolute_url()}#L3000-L3002")

    expect(page.locator("#L3001.picked")).to_be_in_viewport()
    assert "at=3000" in page.url


def test_what_is_found_is_walked_by_keys_and_leads_to_its_place(page: Page) -> None:
    page.get_by_role("searchbox", name="Search in").fill("Connection refused")
    page.keyboard.press("Enter")
    expect(page.locator(".ln.hit")).to_have_count(10)

    page.locator(".log").focus()
    page.keyboard.press("n")
    page.keyboard.press("n")
    page.locator(".ln.picked a").click()

    expect(page.locator("#L2000.picked")).to_be_in_viewport()
    expect(page.locator("#L1999")).to_be_in_viewport()


def test_errors_are_walked_through_the_whole_log(page: Page) -> None:
    expect(page.locator("#L10000")).to_be_in_viewport()

    page.keyboard.press("n")
    expect(page.locator("#L1000.picked")).to_be_in_viewport(timeout=15_000)  # another page
    assert "at=1000" in page.url
    for line in (2000, 3000, 4000):
        page.keyboard.press("n")
        expect(page.locator(f"#L{line}.picked")).to_be_in_viewport(timeout=15_000)
    page.keyboard.press("p")

    expect(page.locator("#L3000.picked")).to_be_in_viewport()


def test_a_search_goes_on_with_what_is_written_meanwhile(
    page_for: PageFor, alice: Person, production: Environment
) -> None:
    made = build.deployment(production, alice, "a" * 40, status="in_progress")
    build.log(made, "refused once\n", "hello-production-1")
    page = page_for(alice)
    page.goto(f"{made.get_absolute_url()}?q=refused")

    build.log(made, "fine\nrefused again\n", "hello-production-1")
    page.evaluate("document.dispatchEvent(new CustomEvent('shipmate:catch-up'))")

    expect(page.locator(".ln.hit")).to_have_count(2)
    expect(page.locator("[data-log-hits]")).to_have_text("2 lines")


def test_times_can_be_put_away_and_stay_away(page: Page) -> None:
    page.get_by_role("button", name="Times").click()
    expect(page.locator(".ln time").last).to_be_hidden()

    page.reload()

    expect(page.locator(".ln time").last).to_be_hidden()


def test_new_lines_of_one_host_come_to_its_own_box(
    page_for: PageFor, alice: Person, production: Environment
) -> None:
    made = build.deployment(production, alice, "a" * 40, status="in_progress")
    build.phase(made, "build", 1, "running", "running")
    build.log(made, "first\n", "hello-production-1")
    page = page_for(alice)
    page.goto(f"{made.get_absolute_url()}?view=hosts")

    build.log(made, "second\n", "hello-production-2")
    page.evaluate("document.dispatchEvent(new CustomEvent('shipmate:catch-up'))")

    expect(page.locator(".log-box").nth(1)).to_contain_text("second")
    expect(page.locator(".log-box").nth(0)).not_to_contain_text("second")


@pytest.mark.parametrize("look", ["", "?q=refused", "?view=hosts", "?q=nothing+like+it"])
def test_each_look_at_the_log_is_sound(
    page_for: PageFor, long: Deployment, alice: Person, check_page: CheckPage, look: str
) -> None:
    check_page(page_for(alice), f"{long.get_absolute_url()}{look}", f"log{look.strip('?')}")
