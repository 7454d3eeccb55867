"""What GitHub was told: readable everywhere, and told again by keys and without scripts."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from deployments import vault
from deployments.models import Application, ForgeAccess, ForgeReport, Person
from tests.browser.conftest import CheckPage, PageFor
from tests.deployments import build

pytestmark = pytest.mark.browser

NOT_LET = (
    "GitHub does not let this credential make deployments of acme/hello (Resource not accessible by"
    " integration). Give the App, or the token, the right “Deployments: write” for it at GitHub (a"
    " classic token: the scope repo_deployment)."
)
AWAY = "GitHub cannot answer about acme/hello now (502)."


@pytest.fixture
def dora(site: str) -> Person:
    return build.person("dora")


@pytest.fixture
def hello(site: str, tmp_path: Path) -> Application:
    made = build.application("hello", build.repository(tmp_path).path)
    build.environment(made, "qa")
    repository = made.repository
    repository.forge, repository.location = "github", "https://github.com/acme/hello"
    repository.save(update_fields=["forge", "location"])
    ForgeAccess.objects.create(
        repository=repository, secret_encrypted=vault.encrypt("ghp_secret"), fingerprint="abc123",
        reached_at=timezone.now() - timedelta(minutes=12),
    )  # fmt: skip
    return made


def told(app: Application, state: str, person: Person, **fields: object) -> ForgeReport:
    made = build.deployment(app.environments.get(), person, "a" * 40)
    return ForgeReport.objects.create(
        deployment=made, repository=app.repository, place="qa", state=state, **fields
    )


@pytest.fixture
def failed(hello: Application, dora: Person) -> ForgeReport:
    """One that failed; before it one of each other state."""
    known = {"told": "success", "told_at": timezone.now(), "remote_id": 42}
    told(hello, "told", dora, **known)
    told(hello, "waiting", dora, error=AWAY, attempts=3)
    return told(hello, "failed", dora, error=f"It was not found. {NOT_LET}", attempts=2)


def away() -> None:
    rest = timezone.now() + timedelta(minutes=2)
    ForgeAccess.objects.update(failures=5, trouble=AWAY, rest_until=rest)


def test_the_list_is_fit_for_everybody(
    page_for: PageFor, check_page: CheckPage, dora: Person, failed: ForgeReport
) -> None:
    away()

    check_page(page_for(dora), "/settings/reports/")


def test_a_phone_shows_which_settings_these_are(
    page_for: PageFor, dora: Person, failed: ForgeReport
) -> None:
    page = page_for(dora)
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto("/settings/reports/")

    here = page.get_by_role("navigation", name="Settings").get_by_role(
        "link", name="Told to GitHub"
    )
    expect(here).to_be_in_viewport(ratio=1)


def test_empty_it_is_fit_for_everybody(
    page_for: PageFor, check_page: CheckPage, dora: Person
) -> None:
    check_page(page_for(dora), "/settings/reports/", name="settings-reports-empty")


def test_timelines_are_fit_for_everybody(
    page_for: PageFor, check_page: CheckPage, dora: Person, failed: ForgeReport
) -> None:
    away()
    page = page_for(dora)

    for report in ForgeReport.objects.all():
        address = f"/deployments/{report.deployment_id}/?tab=timeline"
        check_page(page, address, name=f"reports-timeline-{report.state}")


def test_settings_and_board_say_what_is_wrong(
    page_for: PageFor, check_page: CheckPage, dora: Person, hello: Application
) -> None:
    page = page_for(dora)
    ForgeAccess.objects.update(trouble=NOT_LET)
    check_page(page, "/settings/apps/hello/", name="reports-settings")
    away()

    check_page(page, "/settings/apps/hello/", name="reports-settings-away")
    check_page(page, "/", name="reports-board-away")


def test_by_keys_it_is_switched_off(page_for: PageFor, dora: Person, hello: Application) -> None:
    page = page_for(dora)
    page.goto("/settings/apps/hello/")

    page.get_by_label("Report deployments to GitHub").focus()
    page.keyboard.press("Space")
    page.keyboard.press("Enter")

    expect(page.get_by_text("GitHub is told nothing of hello any more.")).to_be_visible()


def test_without_scripts_it_is_told_again(
    page_for: PageFor, dora: Person, failed: ForgeReport
) -> None:
    page = page_for(dora, scripts=False)
    page.goto("/settings/reports/")

    page.get_by_role("link", name="Given up").click()
    page.get_by_role("link", name=f"#{failed.deployment_id}").click()
    page.get_by_role("button", name="Tell GitHub again").click()

    expect(page.get_by_text("GitHub is told again")).to_be_visible()
    expect(page.get_by_text("Dora had GitHub told again on the page.")).to_be_visible()


def test_the_page_hears_when_it_is_told(
    page_for: PageFor, dora: Person, hello: Application
) -> None:
    report = told(hello, "waiting", dora)
    page = page_for(dora)
    page.goto(f"/deployments/{report.deployment_id}/?tab=timeline")
    expect(page.get_by_text("GitHub is not told yet.")).to_be_visible()

    ForgeReport.objects.update(state="told", told="failure", told_at=timezone.now(), remote_id=42)

    expect(page.get_by_text("failure, told")).to_be_visible(timeout=30_000)
