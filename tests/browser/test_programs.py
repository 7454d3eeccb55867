"""An app that Capistrano deploys: chosen, deployed and looked at by the pages alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from deployments.models import Environment, Person
from deployments.services import applications
from tests.browser.conftest import CheckPage, PageFor
from tests.deployments import build
from tests.deployments.services.queueing import drain
from tests.servers.repositories import Program, Repository

pytestmark = pytest.mark.browser


@pytest.fixture
def root(site: str) -> Person:
    return build.person("root")


@pytest.fixture
def code(tmp_path: Path) -> Repository:
    made = build.repository(tmp_path)
    script = '#!/bin/sh\necho "to $DEPLOY_ENV at $SHA, with $*"\n'
    made.commit({"script/deploy": Program(script.encode())}, "Add what deploys")
    return made


@pytest.fixture
def live(site: str, code: Repository) -> Environment:
    app = build.application("hello", code.path)
    return Environment.objects.create(application=app, name="live", position=1)


def test_a_script_of_the_repository_is_chosen_and_deploys(
    page_for: PageFor, root: Person, live: Environment
) -> None:
    page = page_for(root)
    page.goto("/settings/apps/hello/")
    page.select_option("#id_way", "command:script")
    page.click("text=Deploy it so from now on")
    expect(page.locator(".messages, [role=status]").first).to_contain_text("A script in the")
    page.fill("#id_command", "script/deploy '{environment} it is'")
    page.click("text=Save what it does")

    page.goto("/apps/hello/live/")
    page.get_by_role("button", name="Review").click()
    expect(page.locator("#deploy")).to_contain_text("script/deploy 'live it is'")
    page.get_by_role("button", name="Deploy to live").click()
    expect(page.locator("h1")).to_contain_text("#")
    drain()
    page.reload()

    expect(page.locator("main")).to_contain_text("with live it is")
    expect(page.locator("main")).to_contain_text("What is run on")


@pytest.mark.parametrize(
    "path", ["/settings/apps/hello/", "/settings/apps/hello/live/", "/apps/hello/live/?ref=main"]
)
def test_its_pages_hold_together(
    page_for: PageFor, check_page: CheckPage, root: Person, live: Environment, path: str
) -> None:
    applications.choose(live.application, "command:capistrano-3", root)

    check_page(page_for(root), path, name=f"program{path.partition('?')[0].replace('/', '-')}")
