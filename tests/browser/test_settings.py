"""From nothing to an environment that is ready to be deployed to, by the pages alone."""

from __future__ import annotations

import getpass
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from deployments import vault
from deployments.models import Environment, ForgeAccess, Person
from deployments.services import credentials
from tests.browser.conftest import CheckPage, PageFor, sideways
from tests.deployments import build
from tests.servers import sshd as servers
from tests.servers.sshd import Sshd

pytestmark = pytest.mark.browser

PAGES = [
    "/settings/",
    "/settings/apps/new/",
    "/settings/apps/hello/",
    "/settings/apps/hello/qa/",
    "/settings/hosts/",
    "/settings/hosts/hello-qa-1/",
    "/settings/people/",
    "/settings/people/dora/",
    "/settings/me/",
    "/settings/tokens/",
]


@pytest.fixture
def dora(site: str) -> Person:
    return build.person("dora")


@pytest.fixture
def qa(site: str, tmp_path: Path) -> Environment:
    app = build.application("hello", build.repository(tmp_path).path)
    qa = build.environment(app, "qa", aliases=["test"], settings={"build": ["make qa"]})
    credentials.set_secret("API_KEY", "sesame-sesame", build.maker(), application=app)
    return qa


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Sshd]:
    with servers.running(tmp_path / "machine") as running:
        (running.folder / "authorized_keys").write_text("")
        yield running


def let_in(machine: Sshd, command: str) -> None:
    """Run on the machine what the page says."""
    there = command.replace("~/.ssh/authorized_keys", str(machine.folder / "authorized_keys"))
    home = {"HOME": str(machine.home), "PATH": os.environ["PATH"]}
    subprocess.run(["sh", "-c", there], env=home, check=True)


def add_application(page: Page, location: Path) -> None:
    page.goto("/settings/")
    page.click("text=Add the first app")
    page.fill("#id_name", "shop")
    page.fill("#id_location", str(location))
    page.click("text=Add the app")
    page.fill("#new_name", "production")
    page.click("text=Add the environment")


def place_host(page: Page, machine: Sshd) -> None:
    page.fill("#host_name", "web-1")
    page.fill("#host_address", "127.0.0.1")
    page.fill("#host_port", str(machine.port))
    page.fill("#host_user", getpass.getuser())
    page.click("text=Add and place the host")


@pytest.mark.sshd
@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_a_newcomer_gets_from_nothing_to_a_first_deployment(
    page_for: PageFor, dora: Person, machine: Sshd, tmp_path: Path, scripts: bool
) -> None:
    page = page_for(dora, scripts=scripts)
    add_application(page, build.repository(tmp_path).path)
    place_host(page, machine)
    page.click("text=Make a key")
    page.click("text=Test connection")
    page.click("text=Accept this key")
    expect(page.locator("#host-web-1")).to_contain_text("does not let")

    let_in(machine, page.locator("#host-web-1 [data-copy]").get_attribute("data-copy") or "")
    page.click("text=Test connection")

    expect(page.locator("#host-web-1")).to_contain_text("All is well.")
    page.click("text=Deploy from its page")
    expect(page.get_by_text("stand in the way")).to_have_count(0)
    expect(page.get_by_role("heading", name="shop/production")).to_be_visible()


@pytest.mark.parametrize("address", PAGES)
def test_each_page_is_readable_everywhere(
    page_for: PageFor, check_page: CheckPage, dora: Person, qa: Environment, address: str
) -> None:
    check_page(page_for(dora), address)


def test_a_viewers_page_is_readable_too(
    page_for: PageFor, check_page: CheckPage, site: str, qa: Environment
) -> None:
    page = page_for(build.person("bob"))

    check_page(page, "/settings/apps/hello/qa/", "settings-viewer")
    check_page(page, "/apps/hello/", "app-viewer")
    there = build.live(qa, build.maker(), "a" * 40)
    check_page(page, there.get_absolute_url(), "deployment-viewer")


def test_an_archived_environment_says_so(
    page_for: PageFor, check_page: CheckPage, dora: Person, qa: Environment
) -> None:
    page = page_for(dora)
    page.goto("/settings/apps/hello/qa/")
    page.locator("#ending summary", has_text="Archive").click()
    page.get_by_role("button", name="Archive the environment").click()

    expect(page.get_by_text("hello/qa was archived")).to_be_visible()
    check_page(page, "/settings/apps/hello/qa/", "archived")


def test_people_are_readable_for_who_gives_roles(
    page_for: PageFor, check_page: CheckPage, site: str
) -> None:
    page = page_for(build.person("root"))
    page.goto("/settings/people/")
    page.fill("#invite_note", "Emil")
    page.get_by_role("button", name="Make the link").click()
    link = page.locator("[data-copy]").first.get_attribute("data-copy") or ""
    check_page(page_for(None), link, "invitation")

    page.goto("/settings/me/")  # the session is seen from here on
    for address in ("/settings/people/", "/settings/people/root/", "/settings/audit/"):
        check_page(page, address, f"{address.strip('/').replace('/', '-')}-admin")


def test_what_cannot_be_undone_takes_a_second_key(
    page_for: PageFor, dora: Person, qa: Environment
) -> None:
    page = page_for(dora)
    page.goto("/settings/apps/hello/")
    sure = page.get_by_role("button", name="Remove API_KEY for good")
    expect(sure).to_be_hidden()

    page.locator("#secrets summary", has_text="Remove").click()
    sure.click()

    expect(page.get_by_text("API_KEY is removed.")).to_be_visible()


# ---- Keys only ----


def tab_to(page: Page, wanted: Locator) -> None:
    """Walk by Tab, as somebody without a mouse does, until the wanted part has the focus."""
    for _ in range(120):
        page.keyboard.press("Tab")
        if wanted.evaluate("element => element === document.activeElement"):
            return
    raise AssertionError(f"Tab does not reach {wanted}")


def test_a_secret_is_set_and_its_history_read_by_keyboard_alone(
    page_for: PageFor, dora: Person, qa: Environment
) -> None:
    page = page_for(dora)
    page.goto("/settings/apps/hello/qa/")
    tab_to(page, page.locator("#secret_name"))
    page.keyboard.type("DB_PASSWORD")
    page.keyboard.press("Tab")
    page.keyboard.type("sesame-sesame")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#secrets")).to_contain_text("DB_PASSWORD")

    tab_to(page, page.get_by_role("link", name="changes of DB_PASSWORD"))
    page.keyboard.press("Enter")

    expect(page.locator("#history")).to_contain_text("only DB_PASSWORD")
    expect(page.locator("#history li")).to_have_count(1)


def test_a_role_is_given_by_keyboard_alone(page_for: PageFor, qa: Environment) -> None:
    build.person("bob")
    page = page_for(build.person("root"))
    page.goto("/settings/apps/hello/qa/")
    tab_to(page, page.locator("#people select").first)
    page.keyboard.type("Bob")
    page.keyboard.press("Tab")
    page.keyboard.type("Deployer")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    expect(page.get_by_text("Bob is deployer of hello/qa now.")).to_be_visible()


def test_settings_fit_the_narrowest_phone(page_for: PageFor, dora: Person, qa: Environment) -> None:
    page = page_for(dora)
    page.set_viewport_size({"width": 320, "height": 700})
    for address in (*PAGES, "/settings/people/", "/settings/audit/"):
        page.goto(address)
        assert sideways(page) <= 0, address


def test_what_opens_a_repository_at_github(
    qa: Environment, dora: Person, page_for: PageFor, check_page: CheckPage
) -> None:
    repository = qa.application.repository
    repository.forge, repository.location = "github", "https://github.com/acme/web"
    repository.save(update_fields=["forge", "location"])
    ForgeAccess.objects.create(
        repository=repository,
        app="4711",
        secret_encrypted=vault.encrypt("-----BEGIN"),
        fingerprint="0a1b2c3d4e5f",
    )

    check_page(page_for(dora), "/settings/apps/hello/", "settings-github")
