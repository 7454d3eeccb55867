"""A deployment that pauses behind its first host, and one that was done on some hosts only."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from deployments.models import Deployment, Environment, Person
from tests.browser.conftest import CheckPage, PageFor
from tests.deployments import build

pytestmark = pytest.mark.browser

HOSTS = [f"hello-live-{number}" for number in range(1, 5)]
FROZEN = {
    "provider": "ssh",
    "hosts": [{"name": name} for name in HOSTS],
    "rollout": {"batches": [HOSTS[:1], HOSTS[1:3], HOSTS[3:]]},
}


@pytest.fixture
def ana(site: str) -> Person:
    return build.person("dora")


@pytest.fixture
def live(site: str, ana: Person, tmp_path: Path) -> Environment:
    app = build.application("hello", build.repository(tmp_path).path)
    made = build.environment(app, "live", hosts=4, settings={"first": "pause", "batch": "50%"})
    build.live(made, ana, "b" * 40, subject="Say it twice")
    return made


@pytest.fixture
def paused(live: Environment, ana: Person) -> Deployment:
    made = build.deployment(
        live, ana, "a" * 40, status="in_progress", lease_until=None, paused_at=timezone.now(),
        settings=FROZEN, progress=40, subject="Say it three times",
    )  # fmt: skip
    build.phase(made, "transfer", 0, *["success"] * 4)
    build.phase(made, "switch", 1, "success", *["waiting"] * 3)
    return made


@pytest.fixture
def partly(live: Environment, ana: Person) -> Deployment:
    note = "restart ended with 3 on hello-live-3. 3 of 4 hosts run the new version."
    made = build.deployment(
        live, ana, "a" * 40, status="failure", reason="partly", note=note, settings=FROZEN,
        subject="Say it three times",
    )  # fmt: skip
    build.phase(made, "switch", 0, "success", "success", "success", "waiting")
    build.phase(made, "restart", 1, "success", "success", "failure", "waiting")
    failed = made.phase_runs.filter(status="failure")
    failed.update(code=3, note="restart ended with 3 on hello-live-3")
    live.placements.exclude(host__name=HOSTS[3]).update(current=made)
    return made


def test_it_is_let_go_on_from_its_page(page_for: PageFor, ana: Person, paused: Deployment) -> None:
    page = page_for(ana)
    page.goto(paused.get_absolute_url())
    expect(page.get_by_role("heading", level=1)).to_contain_text(f"#{paused.pk}")
    expect(page).to_have_title(f"[Paused] hello/live #{paused.pk} · Shipmate")

    page.get_by_role("button", name="Go on", exact=True).click()

    expect(page.get_by_role("button", name="Go on", exact=True)).to_have_count(0)
    assert Deployment.objects.get(pk=paused.pk).went_on_by == ana


def test_the_failed_hosts_are_retried_from_its_page(
    page_for: PageFor, ana: Person, partly: Deployment
) -> None:
    page = page_for(ana)
    page.goto(f"{partly.get_absolute_url()}?tab=hosts")
    expect(page.get_by_role("region", name="How it went host by host")).to_contain_text(
        "restart failed"
    )

    page.get_by_role("button", name="Retry failed hosts", exact=True).click()

    expect(page.get_by_role("heading", level=1)).not_to_contain_text(f"#{partly.pk} ")
    assert Deployment.objects.get(kind="retry").hosts == HOSTS[2:]


def test_the_pages_look_well(
    page_for: PageFor, check_page: CheckPage, ana: Person, paused: Deployment, live: Environment
) -> None:
    page = page_for(ana)
    for path in (
        paused.get_absolute_url(),
        f"{paused.get_absolute_url()}?tab=hosts",
        "/",
        "/queue/",
        "/settings/apps/hello/live/",
    ):
        check_page(page, path)


def test_the_pages_of_one_that_is_partly_done_look_well(
    page_for: PageFor, check_page: CheckPage, ana: Person, partly: Deployment
) -> None:
    page = page_for(ana)
    for path in (partly.get_absolute_url(), f"{partly.get_absolute_url()}?tab=hosts"):
        check_page(page, path)
