"""Pages that are seen once in a while: signing in, what is over, what is empty, what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from bots import connections
from deployments.models import Deployment, Environment, Person
from deployments.services import invitations
from tests.bots.talking import Talk, goes, the_deployment
from tests.browser.conftest import CheckPage, PageFor, faults
from tests.deployments import build
from tests.servers.repositories import Repository

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(
    "address", ["/accounts/login/", "/accounts/password/reset/", "/accounts/signup/"]
)
def test_strangers_can_read_the_way_in(
    page_for: PageFor, check_page: CheckPage, site: str, address: str
) -> None:
    check_page(page_for(None), address)


def test_an_invitation_can_be_read_by_whomever_it_reaches(
    page_for: PageFor, check_page: CheckPage, site: str
) -> None:
    root = build.person("root")
    one, text = invitations.make(root, "viewer", None)
    check_page(page_for(None), f"/invitation/{text}/", "invitation-stranger")
    page = page_for(root)
    page.goto(f"/invitation/{text}/")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert faults(page) == []

    invitations.withdraw(one, root)
    page = page_for(None)
    page.goto(f"/invitation/{text}/")
    expect(page.get_by_role("heading", level=1)).to_have_text("This link opens nothing any more")


@pytest.mark.parametrize(
    "address",
    ["/flow/", "/settings/", "/settings/hosts/", "/settings/connections/", "/settings/outgoing/",
     "/history/", "/queue/", "/weeks/", "/accounts/password/change/", "/accounts/logout/"],
)  # fmt: skip
def test_where_there_is_nothing_yet_the_first_step_is_readable(
    page_for: PageFor, check_page: CheckPage, site: str, address: str
) -> None:
    check_page(page_for(build.person("root")), address, f"nothing{address.replace('/', '-')}")


def test_a_connection_is_readable(page_for: PageFor, check_page: CheckPage, site: str) -> None:
    root = build.person("root")
    connections.make("slack", "https://chat.example.org/", "deployer", root)

    check_page(page_for(root), "/settings/connections/slack/")


@pytest.fixture
def failed(say: Talk) -> Deployment:
    say("deploy hello to qa")
    return goes(the_deployment(), "in_progress", "failure", reason="command", note="make said no.")


def test_what_a_viewer_may_not_press_says_who_can(
    page_for: PageFor, check_page: CheckPage, failed: Deployment
) -> None:
    page = page_for(build.person("bob"))
    for address in ("/flow/deploys/", f"/flow/deploys/{failed.posts.get(parent=None).pk}/"):
        check_page(page, address, f"viewer{address.replace('/', '-')}")
    page.get_by_role("button", name="Retry").focus()
    page.keyboard.press("Enter")

    expect(page.locator("[data-voice]")).to_contain_text("Deployers of hello/qa: Alice")
    assert Deployment.objects.latest("pk") == failed


def test_what_disappears_is_readable(
    page_for: PageFor, check_page: CheckPage, production: Environment, alice: Person
) -> None:
    code = Repository(Path(production.application.repository.location))
    new, old = code.git("rev-parse", "main"), code.git("rev-parse", "main~2")

    page = page_for(alice)
    check_page(page, f"/compare/hello/{new}...{old}/", "compare-back")
    expect(page.get_by_role("heading", name="These will disappear")).to_be_visible()
