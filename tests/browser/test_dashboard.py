"""The dashboard in a real browser: with scripts and without, wide and narrow, light and dark."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from deployments.models import Deployment, Environment, Person
from deployments.services import comments
from deployments.services.moves import move
from tests.browser.conftest import CheckPage, PageFor
from tests.deployments import build
from tests.servers.repositories import Repository

pytestmark = pytest.mark.browser


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return build.repository(tmp_path)


@pytest.fixture
def alice(site: str) -> Person:
    return build.person("alice")


@pytest.fixture
def production(site: str, alice: Person, repository: Repository) -> Environment:
    """Production of hello, live on two hosts at the second commit; the third waits."""
    app = build.application("hello", repository.path)
    qa = build.environment(app, "qa", position=1)
    production = build.environment(app, "production", hosts=2, position=2, production=True)
    first = repository.git("rev-parse", "main~2")
    second = repository.git("rev-parse", "v2^{commit}")
    build.live(qa, alice, repository.git("rev-parse", "main"), subject="Say it three times")
    build.live(production, alice, first, subject="Say hello")
    build.live(production, alice, second, subject="Say it twice")
    build.worker()
    return production


@pytest.fixture
def running(production: Environment, alice: Person, repository: Repository) -> Deployment:
    return going(production, alice, repository.git("rev-parse", "main"))


@pytest.fixture
def failed(production: Environment, alice: Person, repository: Repository) -> Deployment:
    made = build.deployment(
        production,
        alice,
        repository.git("rev-parse", "main"),
        subject="Say it three times",
        why="Checkout retry fix",
        status="failure",
        reason="command",
        note="systemctl exited with 1 on hello-production-2.",
    )
    build.phase(made, "transfer", 0, "success", "success", sent=120_000)
    build.phase(made, "build", 1, "success", "success")
    build.phase(made, "switch", 2, "success", "failure", note="exit status 1")
    build.phase(made, "restart", 3, "waiting", "waiting")
    build.log(made, "unpacked, 1.2 MB\n", "hello-production-1", "transfer")
    build.log(made, "$ \x1b[1mmake\x1b[0m\n\x1b[32mok\x1b[0m built in 3 s\n", "hello-production-1")
    build.log(made, "current → releases/812\n", "hello-production-1", "switch")
    build.log(made, "ERROR: unit web.service not found\n", "hello-production-2", "switch")
    comments.add(made, alice, "Looking at the unit now.", via="web")
    return made


def going(environment: Environment, person: Person, sha: str) -> Deployment:
    made = build.deployment(
        environment,
        person,
        sha,
        subject="Say it three times",
        why="Checkout retry fix",
        status="in_progress",
        progress=62,
        phase="build",
        started_at=timezone.now() - timedelta(seconds=72),
    )
    build.phase(made, "transfer", 0, "success", "success", sent=120_000)
    build.phase(made, "build", 1, "success", "running")
    build.phase(made, "switch", 2, "waiting", "waiting")
    build.log(made, "unpacked, 1.2 MB\n", "hello-production-1", "transfer")
    build.log(made, "$ \x1b[1mmake\x1b[0m\n\x1b[32mok\x1b[0m\n", "hello-production-1")
    return made


# ---- What people do ----


def test_signing_in_leads_to_the_board(page_for: PageFor, production: Environment) -> None:
    page = page_for(None)
    page.goto("/")
    page.get_by_label("Username").fill("alice")
    page.get_by_label("Password").fill(build.PASSWORD)
    page.get_by_role("button", name="Sign in").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("All quiet")


def deploy(page: Page) -> None:
    page.goto("/")
    page.get_by_role("link", name="hello/production").click()
    page.get_by_label("What", exact=True).fill("main")
    page.get_by_label("Why").fill("because we can")
    page.get_by_role("button", name="Review").click()
    expect(page.get_by_text("What will happen")).to_be_visible()
    page.get_by_role("button", name="Deploy to production").click()


@pytest.mark.parametrize("scripts", [True, False])
def test_deploying_and_reading_the_log(
    page_for: PageFor, alice: Person, production: Environment, scripts: bool
) -> None:
    page = page_for(alice, scripts=scripts)
    deploy(page)
    expect(page.get_by_role("heading", level=1)).to_contain_text("hello/production")
    made = Deployment.objects.latest("pk")
    build.log(made, "$ make\nall is built\n")

    page.reload()

    expect(page.get_by_text("all is built")).to_be_visible()


def test_new_lines_and_the_state_come_by_themselves(
    page_for: PageFor, alice: Person, running: Deployment
) -> None:
    page = page_for(alice)
    with page.expect_response(lambda answer: "/live/" in answer.url):
        page.goto(running.get_absolute_url())

    expect(page).to_have_title(re.compile(r"\[95%\] hello/production"))  # longer than usual
    build.log(running, "a line that came late\n")

    expect(page.get_by_text("a line that came late")).to_be_visible()
    assert move(running, "success")
    expect(page).to_have_title(f"[Succeeded] hello/production #{running.pk} · Shipmate")


def test_the_board_fills_by_itself(
    page_for: PageFor, alice: Person, production: Environment, repository: Repository
) -> None:
    page = page_for(alice)
    with page.expect_response(lambda answer: "/live/" in answer.url):
        page.goto("/")

    going(production, alice, repository.git("rev-parse", "main"))

    expect(page.get_by_role("heading", level=1)).to_contain_text("1 running")


def test_the_filter_hides_rows_and_keeps_them_when_the_board_changes(
    page_for: PageFor, alice: Person, production: Environment, tmp_path: Path
) -> None:
    build.application("other", tmp_path / "other")
    page = page_for(alice)
    page.goto("/")
    page.keyboard.press("/")
    page.keyboard.type("oth")

    expect(page.get_by_role("link", name="hello", exact=True)).to_be_hidden()
    expect(page.get_by_role("link", name="other", exact=True)).to_be_visible()


@pytest.fixture
def many(production: Environment, tmp_path: Path) -> int:
    """So many apps that the last is far below."""
    for number in range(90):
        build.application(f"many{number:02}", tmp_path / str(number))
    return 91


def test_the_others_of_many_apps_come_when_they_are_neared(
    page_for: PageFor, alice: Person, many: int
) -> None:
    page = page_for(alice)
    page.goto("/")
    last = page.get_by_role("link", name="many89", exact=True)
    expect(last).to_have_count(0)

    page.locator("[data-rest]").scroll_into_view_if_needed()

    expect(last).to_be_visible()
    page.reload()
    expect(last).to_be_visible()


def test_the_filter_finds_what_has_not_come_yet(
    page_for: PageFor, alice: Person, many: int
) -> None:
    page = page_for(alice)
    page.goto("/")
    page.keyboard.press("/")
    page.keyboard.type("many89")

    expect(page.get_by_role("link", name="many89", exact=True)).to_be_visible()
    expect(page.get_by_text(f"1 of {many}")).to_be_visible()
    expect(page.get_by_role("searchbox", name="Filter apps")).to_be_focused()


def test_without_scripts_a_link_leads_to_all_of_many_apps(
    page_for: PageFor, alice: Person, many: int
) -> None:
    page = page_for(alice, scripts=False)
    page.goto("/")
    page.get_by_role("link", name="41 more apps").click()

    expect(page.get_by_role("link", name="many89", exact=True)).to_be_visible()


def test_a_comment_is_added_in_place(page_for: PageFor, alice: Person, failed: Deployment) -> None:
    page = page_for(alice)
    page.goto(failed.get_absolute_url())
    page.get_by_role("textbox", name="Comment").fill("On it.")
    page.keyboard.press("Enter")

    expect(page.get_by_text("On it.")).to_be_visible()


def test_a_blocked_button_takes_focus_and_says_why(
    page_for: PageFor, alice: Person, production: Environment
) -> None:
    production.ssh_key.delete()
    page = page_for(alice)
    page.goto("/apps/hello/production/?ref=main")
    button = page.get_by_role("button", name="Deploy to production")
    button.focus()

    expect(button).to_be_focused()
    expect(page.locator("#blockers")).to_contain_text("has no SSH key")
    button.click(force=True)
    assert not Deployment.objects.filter(status="queued").exists()


def test_from_hosts_that_differ_one_click_leads_to_them(
    page_for: PageFor, alice: Person, production: Environment, repository: Repository
) -> None:
    build.switched(production, alice, repository.git("rev-parse", "main"), "hello-production-1")
    page = page_for(alice)
    page.goto("/")
    page.get_by_role("link", name="mixed").click()

    expect(page.get_by_text("1 of 2 agree")).to_be_in_viewport()


# ---- How it looks ----


@pytest.mark.parametrize(
    ("path", "name"),
    [("/", "board"), ("/apps/hello/", "application"), ("/apps/hello/production/", "environment"),
     ("/apps/hello/production/?ref=main&why=fix", "review"),
     ("/apps/hello/production/?ref=nowhere", "wrong-ref"),
     ("/compare/hello/v2...main/", "compare"), ("/compare/hello/main...v2/", "going-back")],
)  # fmt: skip
def test_pages_look_right(
    page_for: PageFor,
    check_page: CheckPage,
    alice: Person,
    failed: Deployment,
    path: str,
    name: str,
) -> None:
    check_page(page_for(alice), path, name)


@pytest.mark.parametrize("tab", ["log", "changes", "hosts", "timeline", "conversation"])
def test_the_tabs_of_a_failed_deployment_look_right(
    page_for: PageFor, check_page: CheckPage, alice: Person, failed: Deployment, tab: str
) -> None:
    check_page(page_for(alice), f"{failed.get_absolute_url()}?tab={tab}", f"failed-{tab}")


def test_a_running_deployment_looks_right(
    page_for: PageFor, check_page: CheckPage, alice: Person, running: Deployment
) -> None:
    check_page(page_for(alice), running.get_absolute_url(), "running")
    check_page(page_for(alice), "/", "board-running")
    check_page(page_for(alice), "/apps/hello/production/", "environment-running")


def test_one_of_which_something_may_be_left_looks_right(
    page_for: PageFor, check_page: CheckPage, alice: Person, running: Deployment
) -> None:
    left = "hello-production-1: processes are left that could not be ended: 4711 4712"
    running.phase_runs.filter(host="hello-production-1", phase="build").update(doubt=left)
    Deployment.objects.filter(pk=running.pk).update(stop_by=alice, stop_at=timezone.now())

    check_page(page_for(alice), running.get_absolute_url(), "doubt")
    check_page(page_for(alice), f"{running.get_absolute_url()}?tab=hosts", "doubt-hosts")


@pytest.mark.parametrize("hosts", [[], ["hello-production-1"]])
@pytest.mark.parametrize("path", ["/", "/apps/hello/", "/apps/hello/production/?ref=v2"])
def test_what_failed_behind_the_switch_looks_right(
    page_for: PageFor,
    check_page: CheckPage,
    alice: Person,
    production: Environment,
    repository: Repository,
    path: str,
    hosts: list[str],
) -> None:
    build.switched(production, alice, repository.git("rev-parse", "main"), *hosts)

    check_page(page_for(alice), path, f"{'mixed' if hosts else 'behind'}{path.count('/')}")


def test_a_page_for_a_viewer_with_blockers_looks_right(
    page_for: PageFor, check_page: CheckPage, production: Environment
) -> None:
    production.ssh_key.delete()
    check_page(page_for(build.person("bob")), "/apps/hello/production/", "environment-viewer")


def test_a_board_of_many_apps_looks_right(
    page_for: PageFor, check_page: CheckPage, alice: Person, many: int
) -> None:
    check_page(page_for(alice), "/", "board-many")


def test_an_empty_board_looks_right(page_for: PageFor, check_page: CheckPage, site: str) -> None:
    check_page(page_for(build.person("dora")), "/", "board-empty")


def test_a_refusal_looks_right(page_for: PageFor, alice: Person) -> None:
    page = page_for(alice)
    page.goto("/deployments/999/")

    expect(page.get_by_text("There is no deployment #999")).to_be_visible()
