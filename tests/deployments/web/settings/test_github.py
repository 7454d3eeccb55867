"""The settings of a repository at GitHub: what is asked, said and never shown."""

from __future__ import annotations

import re
from contextlib import suppress

import pytest
from django.test import Client

from deployments.exceptions import RepositoryAway
from deployments.models import Application, ForgeAccess
from deployments.selectors import code
from tests.servers.github.hub import APP, TOKEN, Fault, GitHub

pytestmark = pytest.mark.slow


@pytest.fixture
def address(hub: GitHub) -> str:
    hub.make("acme/web").commit({"a": "a"}, "Say hello")
    return f"{hub.address}/acme/web"


def sent(location: str, **more: str) -> dict[str, str]:
    return {"name": "shop", "location": location, "forge": "github", **more}


def add(client: Client, location: str, **more: str) -> str:
    page = client.post("/settings/apps/new/", sent(location, **more), follow=True)
    return " ".join(page.content.decode().split())


def test_an_application_is_added_by_a_token_that_is_never_shown(
    as_dora: Client, address: str
) -> None:
    page = add(as_dora, address, secret=f"  {TOKEN}\r\n")

    assert "shop is added" in page
    assert "Opened by a token that has the fingerprint" in page
    assert TOKEN not in page + as_dora.get("/settings/apps/shop/").content.decode()


def test_an_application_is_added_by_an_app(as_dora: Client, hub: GitHub, address: str) -> None:
    hub.installed.add("acme/web")

    page = add(as_dora, address, secret=hub.pem.replace("\n", "\r\n"), app=APP)

    assert f"Opened by the App {APP}, whose key has the fingerprint" in page


def test_a_look_keeps_nothing(as_dora: Client, address: str) -> None:
    page = add(as_dora, address, secret=TOKEN, look="yes")

    assert "Shipmate can read it" in page and "“Say hello”" in page
    assert TOKEN not in page
    assert not Application.objects.exists()


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"secret": "ghp_wrong"}, "GitHub does not take the credential of acme/web"),
        ({"secret": "two words"}, "A token is one word"),
        ({"secret": TOKEN, "app": APP}, "belong together"),
        ({"secret": "-----BEGIN RSA PRIVATE KEY-----"}, "belong together"),
        ({"secret": "-----BEGIN RSA PRIVATE KEY-----", "app": APP}, "paste the whole .pem file"),
        ({"app": APP}, "belong together"),
        ({"forge": "local", "secret": TOKEN}, "Git alone takes no token"),
        ({"forge": "svn"}, "Select a valid choice"),
    ],
)
def test_what_is_wrong_is_said(
    as_dora: Client, address: str, more: dict[str, str], told: str
) -> None:
    page = add(as_dora, address, **more)

    assert told in page
    assert TOKEN not in page
    assert not ForgeAccess.objects.exists()


def test_what_github_lets_it_ask_is_shown(as_dora: Client, hub: GitHub, address: str) -> None:
    add(as_dora, address, secret=TOKEN)
    code.open_pulls(Application.objects.get(name="shop"))

    page = text_of(as_dora.get("/settings/apps/shop/").content.decode())

    said = r"GitHub has 4999 of 5000 requests an hour left for it, and counts anew in \d+ min\."
    assert re.search(said, page)


def test_that_github_asks_to_be_left_alone_is_shown(
    as_dora: Client, hub: GitHub, address: str
) -> None:
    add(as_dora, address, secret=TOKEN)
    hub.faults.append(Fault(429, {"Retry-After": "600"}))
    with suppress(RepositoryAway):
        code.open_pulls(Application.objects.get(name="shop"))

    page = text_of(as_dora.get("/settings/apps/shop/").content.decode())

    assert re.search(r"It asks to be left alone for a while: it is asked again in \d+ min\.", page)


def text_of(page: str) -> str:
    """Return what people read, without the marks between."""
    return " ".join(re.sub(r"<[^>]*>", "", page).split())


def test_an_address_that_is_none_of_github_is_told_how_it_is_written(as_dora: Client) -> None:
    assert "https://github.com/owner/name" in add(as_dora, "https://github.com/acme", secret=TOKEN)


def test_who_may_look_sees_how_it_is_read_and_no_token(
    as_dora: Client, as_bob: Client, address: str, client: Client
) -> None:
    assert "maintainer" in add(as_bob, address, secret=TOKEN)
    assert not ForgeAccess.objects.exists()
