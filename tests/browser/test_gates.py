"""The form that waits for checks, and the pages of what waits for them."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from deployments.models import CommitHeard, Deployment, Environment, Person
from deployments.services import checks
from tests.browser.conftest import CheckPage, PageFor
from tests.deployments import build
from tests.deployments.services.queueing import drain
from tests.servers.repositories import Repository

pytestmark = pytest.mark.browser

PAGE = "/apps/hello/production/?ref=main#deploy"


@pytest.fixture
def alice(site: str) -> Person:
    return build.person("alice")


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return build.repository(tmp_path)


@pytest.fixture
def production(alice: Person, repository: Repository) -> Environment:
    """Wants three checks, of which one has passed, one has failed and one was not reported."""
    app = build.application("hello", repository.path)
    made = build.environment(
        app,
        "production",
        hosts=2,
        production=True,
        checks="named",
        required_contexts=["build", "ci/test", "lint"],
    )
    build.live(made, alice, repository.git("rev-parse", "main~2"), subject="Say hello")
    report(made, alice, repository, "build", "success")
    report(made, alice, repository, "ci/test", "failure", description="2 of 80")
    CommitHeard.objects.update(heard_at=timezone.now() - timedelta(minutes=12))
    return made


def report(
    place: Environment, by: Person, repository: Repository, context: str, state: str, **more: str
) -> None:
    sha = repository.git("rev-parse", "main")
    url = f"https://ci.example/{context}"
    where = place.application.repository
    checks.report(where, sha, by, context=context, state=state, target_url=url, **more)


def test_a_form_waits_for_checks_and_its_page_follows_them(
    production: Environment, alice: Person, repository: Repository, page_for: PageFor
) -> None:
    build.worker()
    page = page_for(alice)
    page.goto(PAGE)
    expect(page.get_by_text("Last reported 12 min ago")).to_be_visible()

    page.get_by_label("Wait for its checks").check()
    page.get_by_role("button", name="Deploy to production").click()

    gates = page.get_by_role("region", name="Checks of")
    expect(gates.get_by_text("1 of 3 passed")).to_be_visible(timeout=30_000)
    expect(gates.get_by_role("link", name="ci/test failed (2 of 80)")).to_be_visible()
    report(production, alice, repository, "ci/test", "success")
    drain("chat")
    expect(gates.get_by_text("2 of 3 passed")).to_be_visible(timeout=30_000)
    report(production, alice, repository, "lint", "success")
    drain("chat")
    expect(page.get_by_text("Its checks have passed.").first).to_be_visible(timeout=30_000)
    assert Deployment.objects.get(when_green=True).status == "queued"


def test_who_may_go_past_them_chooses(
    production: Environment, page_for: PageFor, check_page: CheckPage
) -> None:
    page = page_for(build.person("dora"))

    check_page(page, PAGE, "gates-choice")

    page.get_by_label("Go past these checks").focus()
    page.keyboard.press("ArrowUp")
    expect(page.get_by_label("Wait for its checks")).to_be_checked()


def test_the_pages_of_what_waits_are_sound(
    production: Environment, alice: Person, page_for: PageFor, check_page: CheckPage
) -> None:
    page = page_for(alice)
    check_page(page, PAGE, "gates-form")
    page.get_by_label("Wait for its checks").check()
    page.get_by_role("button", name="Deploy to production").click()
    page.wait_for_url("**/deployments/**")
    made = Deployment.objects.get(when_green=True)
    CommitHeard.objects.update(trouble="GitHub cannot answer about acme/hello now (502).")

    check_page(page, made.get_absolute_url(), "gates-deployment")
    check_page(page, f"{made.get_absolute_url()}?tab=timeline", "gates-timeline")
    check_page(page, "/", "gates-board")
    check_page(page, "/queue/", "gates-queue")
