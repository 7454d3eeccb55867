"""Signing in by GitHub, before a GitHub that remembers."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from deployments.models import Person
from tests.servers.github import oauth
from tests.servers.github.hub import GitHub
from tests.servers.github.server import API


@pytest.fixture
def github(db: None, hub: GitHub, settings: Settings) -> GitHub:
    """A GitHub that knows octocat, whose number is 583231, and is set as a way in."""
    settings.SHIPMATE_URL = "http://testserver"
    settings.SHIPMATE_GITHUB_URL = hub.address
    settings.SHIPMATE_GITHUB_CLIENT_ID = oauth.CLIENT
    settings.SHIPMATE_GITHUB_CLIENT_SECRET = oauth.SECRET
    hub.join("octocat", 583231, name="The Octocat")
    return hub


@pytest.fixture
def place(github: GitHub) -> str:
    return github.address + API


def begun(client: Client, path: str = "/accounts/github/login/", **fields: str) -> str:
    """Begin, and return the address at GitHub that the browser goes to."""
    shown = client.post(path, fields)
    assert shown.status_code == 200, shown.content.decode()
    return gone(shown.content.decode())


def gone(page: str) -> str:
    found = re.search(r'http-equiv="refresh" content="0;url=([^"]+)"', page)
    assert found, page
    return html.unescape(found[1])


def came_back(client: Client, hub: GitHub, login: str = "octocat", **fields: str) -> Any:
    """Go there and back, as somebody who is signed in there."""
    return client.get(oauth.approve(hub, begun(client, **fields), login))


def who(client: Client) -> str:
    """Return who the session belongs to."""
    number = client.session.get("_auth_user_id")
    return Person.objects.get(pk=number).username if number else ""
