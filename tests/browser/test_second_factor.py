"""Signing in with a code, from setting it up to a recovery code, as a person does it."""

from __future__ import annotations

import time

import pytest
from allauth.mfa.totp.internal.auth import (
    format_hotp_value,
    hotp_value,
    yield_hotp_counters_from_time,
)
from playwright.sync_api import Page, expect

from deployments.models import Change, Person
from tests.browser.conftest import CheckPage, PageFor
from tests.deployments import build

pytestmark = pytest.mark.browser


@pytest.fixture
def alice(site: str) -> Person:
    return build.person("alice")


def code(secret: str) -> str:
    """Return what an authenticator app shows for the secret now."""
    counter = next(iter(yield_hotp_counters_from_time()))
    return str(format_hotp_value(hotp_value(secret, counter)))


def sign_in(page: Page, name: str) -> None:
    page.goto("/accounts/login/")
    page.fill("#id_login", name)
    page.fill("#id_password", build.PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_load_state()


def confirm(page: Page) -> None:
    """Give the password once more: what comes next is delicate."""
    page.fill("#id_password", build.PASSWORD)
    page.get_by_role("button", name="It is me").click()


def set_up(page: Page) -> str:
    """Set a second factor up from one's own page; return its secret."""
    page.goto("/settings/me/")
    page.get_by_role("link", name="Set up a second factor").click()
    if page.get_by_role("button", name="It is me").is_visible():
        confirm(page)
    page.get_by_text("The camera does not work").click()
    secret = page.locator("[data-copy]").first.get_attribute("data-copy") or ""
    page.fill("#id_code", code(secret))
    page.get_by_role("button", name="Switch it on").click()
    return secret


def test_signing_in_takes_the_code_or_a_recovery_code(page_for: PageFor, alice: Person) -> None:
    page = page_for(None)
    sign_in(page, "alice")
    secret = set_up(page)
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    recovery = page.locator(".codes code").first.inner_text()

    other = page_for(None)
    sign_in(other, "alice")
    other.fill("#id_code", "000000")
    other.get_by_role("button", name="Sign in").click()
    expect(other.get_by_text("That is not the code.")).to_be_visible()
    other.fill("#id_code", recovery)
    other.get_by_role("button", name="Sign in").click()
    expect(other.get_by_role("link", name="Flow").first).to_be_visible()

    third = page_for(None)
    sign_in(third, "alice")
    third.fill("#id_code", code_not_used(secret))
    third.get_by_role("button", name="Sign in").click()
    expect(third.get_by_role("link", name="Flow").first).to_be_visible()
    assert Change.objects.filter(verb="second_factor.added", person=alice).count() == 2


def code_not_used(secret: str) -> str:
    """Return a code of another half minute than the one that was used already."""
    counter = int(time.time()) // 30 + 1
    return str(format_hotp_value(hotp_value(secret, counter)))


def test_a_role_that_asks_for_it_gets_no_further_without(
    page_for: PageFor, alice: Person, settings: object
) -> None:
    settings.SHIPMATE_SECOND_FACTOR = "deployer"  # type: ignore[attr-defined]
    page = page_for(None)
    sign_in(page, "alice")
    confirm(page)
    expect(page.get_by_role("heading", name="Set up a second factor")).to_be_visible()

    page.goto("/flow/")
    expect(page.get_by_text("needs a second factor here").first).to_be_visible()


def test_the_pages_are_readable(page_for: PageFor, check_page: CheckPage, alice: Person) -> None:
    page = page_for(None)
    sign_in(page, "alice")
    check_page(page, "/accounts/reauthenticate/")
    page.goto("/accounts/2fa/totp/activate/")
    confirm(page)
    check_page(page, "/accounts/2fa/totp/activate/")
    set_up(page)
    for place in ("", "recovery-codes/", "recovery-codes/generate/", "totp/deactivate/"):
        check_page(page, f"/accounts/2fa/{place}")

    other = page_for(None)
    sign_in(other, "alice")
    check_page(other, "/accounts/2fa/authenticate/")


def test_an_ended_sessions_page_stops_following(page_for: PageFor, alice: Person) -> None:
    there, here = page_for(None), page_for(None)
    sign_in(there, "alice")
    sign_in(here, "alice")
    there.goto("/")
    here.goto("/settings/me/")

    here.get_by_role("button", name="End all others").click()

    expect(here.get_by_text("Signed out in 1 other place.")).to_be_visible()
    expect(there.get_by_text("You are signed out here.")).to_be_visible(timeout=8000)
