"""Signing in by GitHub and by OpenID Connect, there and back, as a person does it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from pytest_django import Settings

from deployments.models import ForgeAccount, Person
from deployments.selectors import ways
from deployments.services import invitations, linked_accounts
from deployments.services.linked_accounts import Proof
from deployments.web.sign_in import doors
from tests.browser.conftest import WIDTHS, CheckPage, PageFor, faults, sideways
from tests.browser.test_second_factor import sign_in
from tests.deployments import build
from tests.servers import oidc
from tests.servers.github import oauth
from tests.servers.github.hub import GitHub
from tests.servers.github.server import served

pytestmark = pytest.mark.browser


@pytest.fixture
def alice(site: str) -> Person:
    return build.person("alice")


@pytest.fixture
def github(
    site: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> Iterator[GitHub]:
    """A GitHub that knows octocat, and is set as a way in."""
    with served(tmp_path / "github") as hub:
        monkeypatch.setenv("GIT_SSL_CAINFO", str(tmp_path / "github/server.pem"))
        settings.SHIPMATE_URL = site
        settings.SHIPMATE_GITHUB_URL = hub.address
        settings.SHIPMATE_GITHUB_CLIENT_ID = oauth.CLIENT
        settings.SHIPMATE_GITHUB_CLIENT_SECRET = oauth.SECRET
        hub.join("octocat", 583231, name="The Octocat")
        yield hub
    assert hub.violations == []


@pytest.fixture
def sso(site: str, settings: Settings) -> Iterator[oidc.Issuer]:
    """An issuer that knows ada, and is set as a way in."""
    with oidc.served() as issuer:
        settings.SHIPMATE_URL = site
        settings.SHIPMATE_OIDC_ISSUER = issuer.address
        settings.SHIPMATE_OIDC_CLIENT_ID = "shipmate"
        settings.SHIPMATE_OIDC_CLIENT_SECRET = "hidden"
        settings.SHIPMATE_OIDC_NAME = "Acme SSO"
        issuer.know("ada", name="Ada L.", preferred_username="ada")
        yield issuer


@pytest.fixture
def page(browser: Browser, site: str) -> Iterator[Page]:
    """A page of a browser that takes the certificate of the GitHub here."""
    with browser.new_context(base_url=site, ignore_https_errors=True) as context:
        context.set_default_timeout(15_000)
        yield context.new_page()


def authorize(page: Page, login: str = "octocat") -> None:
    """Let GitHub tell who it is."""
    page.get_by_role("link", name=f"Authorize as {login}", exact=True).click()


def test_somebody_links_their_account_and_comes_in_by_it(
    page: Page, github: GitHub, alice: Person
) -> None:
    sign_in(page, "alice")
    page.goto("/settings/me/")
    page.get_by_role("button", name="Link an account at GitHub").click()
    page.fill("#id_password", build.PASSWORD)
    page.get_by_role("button", name="It is me").click()
    authorize(page)
    expect(page.get_by_text("octocat at GitHub is linked to you.")).to_be_visible()
    assert ForgeAccount.objects.get().person == alice

    page.context.clear_cookies()
    page.goto("/queue/")
    page.get_by_role("button", name="Sign in with GitHub").click()
    authorize(page)
    expect(page.get_by_role("heading", name="Queue")).to_be_visible()
    page.goto("/settings/me/")
    expect(page.get_by_text("signed in with GitHub")).to_be_visible()


def test_the_keyboard_is_enough(page: Page, github: GitHub, alice: Person) -> None:
    linked_accounts.link(alice, Proof(ways.way("github"), "583231", "octocat"))
    page.goto("/accounts/login/")

    page.get_by_role("button", name="Sign in", exact=True).focus()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Sign in with GitHub")).to_be_focused()
    page.keyboard.press("Enter")
    authorize(page)

    expect(page.get_by_role("link", name="Flow").first).to_be_visible()


def test_without_scripts_it_is_the_same(
    browser: Browser, site: str, github: GitHub, alice: Person
) -> None:
    linked_accounts.link(alice, Proof(ways.way("github"), "583231", "octocat"))
    with browser.new_context(
        base_url=site, ignore_https_errors=True, java_script_enabled=False
    ) as context:
        page = context.new_page()
        page.goto("/accounts/login/")
        page.get_by_role("button", name="Sign in with GitHub").click()
        authorize(page)

        expect(page.get_by_role("link", name="Flow").first).to_be_visible()


def test_a_stranger_is_told_what_to_do(page: Page, github: GitHub, alice: Person) -> None:
    page.goto("/accounts/login/")
    page.get_by_role("button", name="Sign in with GitHub").click()
    authorize(page)

    expect(page.get_by_text("Nobody here is known as octocat at GitHub.")).to_be_visible()
    page.get_by_role("link", name="To the sign-in page").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_an_invitation_is_accepted_by_single_sign_on(page: Page, sso: oidc.Issuer) -> None:
    _, text = invitations.make(build.person("root"), "deployer")
    page.goto(f"/invitation/{text}/")
    page.get_by_role("button", name="Come aboard with Acme SSO").click()

    page.locator("input[name=sub]").last.fill("ada")
    page.get_by_role("button", name="Authorize").last.click()

    expect(page.get_by_role("link", name="Flow").first).to_be_visible()
    assert Person.objects.get(username="ada").roles.get().name == "deployer"


def test_an_issuer_that_is_away_is_told(page: Page, sso: oidc.Issuer, settings: Settings) -> None:
    settings.SHIPMATE_OIDC_ISSUER = "http://127.0.0.1:1"
    page.goto("/accounts/login/")

    page.get_by_role("button", name="Sign in with Acme SSO").click()

    expect(page.get_by_text("Acme SSO does not answer now.")).to_be_visible()


def test_the_pages_are_readable(
    page_for: PageFor, check_page: CheckPage, github: GitHub, sso: oidc.Issuer, alice: Person
) -> None:
    check_page(page_for(None), "/accounts/login/", "sign-in")
    _, text = invitations.make(build.person("root"), "deployer")
    check_page(page_for(None), f"/invitation/{text}/", "sign-in-invitation")
    linked_accounts.link(alice, Proof(ways.way("github"), "583231", "octocat"))
    check_page(page_for(alice), "/settings/me/", "sign-in-you")


def look(page: Page, name: str) -> None:
    """Look at the page that is open, wide and narrow, light and dark."""
    folder = os.environ.get("SHIPMATE_SCREENSHOTS")
    for width, height in WIDTHS.items():
        page.set_viewport_size({"width": width, "height": height})
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            assert faults(page) == [], f"{name} at {width}, {scheme}"
            assert sideways(page) <= 0, f"{name} at {width}, {scheme}"
            if folder:
                page.screenshot(path=Path(folder) / f"{name}-{scheme}-{width}.png")


def test_what_is_told_is_readable(
    page: Page, github: GitHub, alice: Person, settings: Settings
) -> None:
    page.goto("/accounts/github/login/callback/?state=forged")
    look(page, "sign-in-forged")

    # GitHub gives no page, so the browser stays at the one that goes on by itself.
    page.route("**/login/oauth/**", lambda route: route.fulfill(status=204))
    page.goto("/accounts/login/")
    page.get_by_role("button", name="Sign in with GitHub").click()
    expect(page.get_by_role("heading", name="On to GitHub")).to_be_visible()
    look(page, "sign-in-go")
    page.unroute("**/login/oauth/**")

    settings.SHIPMATE_GITHUB_MEMBERS = ["acme/ops", "umbrella"]
    page.goto("/accounts/login/")
    page.get_by_role("button", name="Sign in with GitHub").click()
    authorize(page)
    expect(page.get_by_text("octocat is no member of acme/ops or umbrella")).to_be_visible()
    look(page, "sign-in-no-member")


def test_who_has_no_password_is_asked_in_another_way(
    page: Page, github: GitHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    linked_accounts.make(Proof(ways.way("github"), "583231", "octocat"))
    page.goto("/accounts/login/")
    page.get_by_role("button", name="Sign in with GitHub").click()
    authorize(page)
    page.goto("/accounts/password/set/")
    look(page, "sign-in-no-password")

    monkeypatch.setattr(doors, "REAUTHENTICATION_TIMEOUT", 0)
    page.goto("/settings/me/")
    page.get_by_role("button", name="Unlink octocat at GitHub").click()
    expect(page.get_by_role("heading", name="Is it still you?")).to_be_visible()
    look(page, "sign-in-again")
