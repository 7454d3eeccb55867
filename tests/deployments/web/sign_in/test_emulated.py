"""Signing in by a GitHub that others made."""

from __future__ import annotations

import pytest
from allauth.socialaccount.models import SocialToken
from django.test import Client
from pytest_django import Settings

from deployments.models import ForgeAccount, Person
from deployments.selectors import ways
from deployments.services import linked_accounts
from deployments.services.linked_accounts import Proof
from tests.deployments.web.sign_in.conftest import begun, who
from tests.servers.emulate.server import CLIENT, LOGIN, SECRET, Emulated

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def way(db: None, emulated: Emulated, settings: Settings) -> None:
    settings.SHIPMATE_URL = "http://testserver"
    settings.SHIPMATE_GITHUB_URL = emulated.address
    settings.SHIPMATE_GITHUB_CLIENT_ID = CLIENT
    settings.SHIPMATE_GITHUB_CLIENT_SECRET = SECRET


def test_who_is_linked_gets_in_and_nobody_else(
    client: Client, emulated: Emulated, alice: Person
) -> None:
    number = str(emulated.tell("get", "")["owner"]["id"])
    linked_accounts.link(alice, Proof(ways.way("github"), number, "renamed-since"))

    stranger = client.get(emulated.approve(begun(client), "hubot"))
    known = client.get(emulated.approve(begun(client, next="/queue/"), LOGIN))

    assert stranger.status_code == 403
    assert (known.status_code, known["Location"]) == (302, "/queue/")
    assert who(client) == "alice"
    assert ForgeAccount.objects.get().login == LOGIN
    assert not SocialToken.objects.exists()


def test_a_member_of_a_team_joins(client: Client, emulated: Emulated, settings: Settings) -> None:
    settings.SHIPMATE_GITHUB_MEMBERS = ["acme/members"]
    settings.SHIPMATE_GITHUB_JOIN = "viewer"

    stranger = client.get(emulated.approve(begun(client), "hubot"))
    client.get(emulated.approve(begun(client), LOGIN))

    assert "is no member of acme/members" in stranger.content.decode()
    assert who(client) == LOGIN


def test_a_code_is_good_with_our_secret_alone(
    client: Client, emulated: Emulated, settings: Settings
) -> None:
    settings.SHIPMATE_GITHUB_CLIENT_SECRET = "another"

    answer = client.get(emulated.approve(begun(client), LOGIN))

    assert answer.status_code == 400
    assert "GitHub does not confirm this sign-in" in answer.content.decode()
