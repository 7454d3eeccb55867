"""Locks in a real browser: taken and opened with scripts and without, and how they look."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from deployments.models import Environment, Lock, Person
from deployments.services import locks
from deployments.services.lifecycle import Door
from tests.browser.conftest import CheckPage, PageFor
from tests.deployments import build

pytestmark = pytest.mark.browser

PAGE = "/apps/hello/production/"


@pytest.fixture
def alice(site: str) -> Person:
    return build.person("alice")


@pytest.fixture
def dora(site: str) -> Person:
    return build.person("dora")


@pytest.fixture
def production(site: str, alice: Person, tmp_path: Path) -> Environment:
    repository = build.repository(tmp_path)
    app = build.application("hello", repository.path)
    build.environment(app, "qa", position=1)
    production = build.environment(app, "production", hosts=2, position=2, production=True)
    build.live(production, alice, repository.git("rev-parse", "main"), subject="Say hello")
    build.worker()
    return production


@pytest.fixture
def alices(production: Environment, alice: Person) -> Lock:
    reason = "we test the search with everything that the shop has, and it takes long"
    return locks.take(production, Door(alice, "web"), seconds=7200, reason=reason)


@pytest.mark.parametrize("scripts", [True, False])
def test_locking_and_unlocking(
    page_for: PageFor, alice: Person, production: Environment, scripts: bool
) -> None:
    page = page_for(alice, scripts=scripts)
    page.goto(PAGE)
    page.get_by_label("For how long").select_option("2 hours")
    page.get_by_label("Because").fill("load test")
    page.get_by_role("button", name="Lock production").click()
    expect(page.get_by_text("You locked it")).to_be_visible()
    expect(page.get_by_text("load test").first).to_be_visible()

    page.goto("/")
    page.get_by_role("button", name="Unlock hello/production").click()

    expect(page.get_by_role("button", name="Lock production")).to_be_visible()


def test_a_lock_of_another_comes_by_itself(
    page_for: PageFor, dora: Person, alice: Person, production: Environment
) -> None:
    page = page_for(dora)
    with page.expect_response(lambda answer: "/live/" in answer.url):
        page.goto(PAGE)

    locks.take(production, Door(alice, "web"))

    expect(page.get_by_text("Alice locked it")).to_be_visible()


def test_what_is_typed_into_the_form_survives_news(
    page_for: PageFor, dora: Person, alice: Person, production: Environment
) -> None:
    page = page_for(dora)
    with page.expect_response(lambda answer: "/live/" in answer.url):
        page.goto(PAGE)
    page.get_by_label("Because").fill("load test")

    with page.expect_response(lambda answer: "part=lock" in answer.url):
        build.deployment(production, alice, "b" * 40, status="failure")

    expect(page.get_by_label("Because")).to_have_value("load test")


@pytest.mark.parametrize("path", ["/", "/apps/hello/", PAGE])
def test_pages_with_a_lock_look_right_to_who_holds_it(
    page_for: PageFor, check_page: CheckPage, alice: Person, alices: Lock, path: str
) -> None:
    check_page(page_for(alice), path, f"lock-mine{path.replace('/', '-')}")


@pytest.mark.parametrize("path", ["/", f"{PAGE}?ref=main"])
def test_pages_with_a_lock_look_right_to_others(
    page_for: PageFor, check_page: CheckPage, dora: Person, alices: Lock, path: str
) -> None:
    build.deployment(alices.environment, dora, "b" * 40, status="queued")

    check_page(page_for(dora), path, f"lock-other{path.replace('/', '-').replace('?', '')}")


def test_a_deployment_that_waits_for_the_unlock_looks_right(
    page_for: PageFor, check_page: CheckPage, dora: Person, alices: Lock
) -> None:
    waiting = build.deployment(alices.environment, dora, "b" * 40, status="queued")

    check_page(page_for(dora), waiting.get_absolute_url(), "lock-waiting")


def test_the_form_looks_right(
    page_for: PageFor, check_page: CheckPage, alice: Person, production: Environment
) -> None:
    check_page(page_for(alice), PAGE, "lock-form")
