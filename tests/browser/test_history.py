"""The history in a real browser: searched, narrowed, paged, and how it looks."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from deployments.models import Deployment, Environment, Person
from deployments.services import indexing
from tests.browser.conftest import CheckPage, PageFor, faults
from tests.deployments import build

pytestmark = pytest.mark.browser

REFUSED = (
    'psycopg.OperationalError: connection to server at "db-2" failed: Connection refused\n'
    "retry 1 of 3: connection refused\nretry 2 of 3: connection refused\n"
    "retry 3 of 3: connection refused\nmigrate exited with 1\n"
)


@pytest.fixture
def alice(site: str) -> Person:
    return build.person("alice")


@pytest.fixture
def failed(alice: Person, tmp_path: Path) -> Deployment:
    """Some of two apps, in every state; the last failed and says so in its log."""
    ben = build.person("dora")
    made: list[Deployment] = []
    for name, place in (("api", "qa"), ("web", "production")):
        app = build.application(name, tmp_path / name)
        environment = build.environment(app, place, hosts=2)
        made += [_one(environment, alice if n % 2 else ben, n) for n in range(5)]
    last = made[-1].environment
    return _failed(last, ben)


def _one(environment: Environment, person: Person, number: int) -> Deployment:
    states = [("success", ""), ("cancelled", ""), ("error", "unreachable"), ("success", "")]
    status, reason = [*states, ("failure", "partly")][number]
    made = build.deployment(
        environment,
        person,
        f"{number}c91d22e07b91" + "0" * 27,
        status=status,
        reason=reason,
        subject="Faster product page",
        via=["chat", "web"][number % 2],
        kind="retry" if number == 3 else "deploy",
        why="the fair begins" if number else "",
        ref="feature/product-page",
    )
    if status == "success":
        environment.current = made
    return made


def _failed(environment: Environment, person: Person) -> Deployment:
    made = build.deployment(
        environment, person, "e07b91" + "1" * 34, status="failure", reason="command",
        why="Python 3.9 goes", note="migrate exited with 1 on web-production-2.", forced=True,
        via="chat",
    )  # fmt: skip
    build.log(made, "Collecting wheel\n" * 384, "web-production-1")
    build.log(made, REFUSED, "web-production-2")
    indexing.catch_up()
    return made


QUERY = 'state:failed "connection refused"'


@pytest.mark.parametrize("scripts", [True, False])
def test_a_line_of_a_log_is_looked_for_and_opened(
    page_for: PageFor, alice: Person, failed: Deployment, scripts: bool
) -> None:
    page = page_for(alice, scripts=scripts)
    page.goto("/")
    page.get_by_role("navigation", name="Main", exact=True).get_by_role(
        "link", name="History"
    ).click()
    page.get_by_label("Search deployments and logs").fill(QUERY)
    page.get_by_role("button", name="Search").click()

    expect(page.get_by_role("status").filter(has_text="1 deployment")).to_be_visible()
    page.get_by_role("link", name=f"Line 385 of #{failed.pk}").click()

    expect(page).to_have_url(
        f"{page.url.partition('/deployments')[0]}{failed.get_absolute_url()}#L385"
    )
    expect(page.locator("#L385")).to_be_in_viewport()


def test_the_keyboard_alone_finds_and_narrows(
    page_for: PageFor, alice: Person, failed: Deployment
) -> None:
    page = page_for(alice)
    page.goto("/")
    page.keyboard.press("g")
    page.keyboard.press("d")
    expect(page.get_by_role("heading", level=1)).to_have_text("History")
    page.wait_for_load_state()  # the keys are listened to

    page.keyboard.press("/")
    page.keyboard.type("fair")
    page.keyboard.press("Enter")
    expect(page.locator(".hit")).to_have_count(8)
    page.get_by_role("link", name="Partly done 2").press("Enter")

    expect(page.get_by_label("Search deployments and logs")).to_have_value("state:partly fair")
    expect(page.locator(".hit")).to_have_count(2)
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("web/production")


def test_a_phone_narrows_too(page_for: PageFor, alice: Person, failed: Deployment) -> None:
    page = page_for(alice)
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto("/history/?q=fair")

    page.get_by_text("Narrow").click()
    page.get_by_role("link", name="Cancelled 2").click()

    expect(page.get_by_text("Narrow, 1 on")).to_be_visible()
    expect(page.locator(".hit")).to_have_count(2)


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/history/", "history"),
        (f"/history/?q={QUERY.replace(' ', '+')}", "history-found"),
        ("/history/?q=env:prodution+color:red", "history-wrong"),
        ("/history/?q=nothing-like-it", "history-nothing"),
    ],
)
def test_it_looks_right(
    page_for: PageFor,
    check_page: CheckPage,
    alice: Person,
    failed: Deployment,
    path: str,
    name: str,
) -> None:
    check_page(page_for(alice), path, name)


def test_the_whole_grammar_is_readable(
    page_for: PageFor, alice: Person, failed: Deployment
) -> None:
    page = page_for(alice)
    page.goto("/history/")
    page.get_by_text("the whole grammar").click()

    expect(page.get_by_text("either: state:failure,error")).to_be_visible()
    assert faults(page) == []
