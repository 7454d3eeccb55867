"""An organisation or team whose members alone come in, or may join."""

from __future__ import annotations

import pytest
from django.test import Client
from pytest_django import Settings

from deployments.models import Change, Person
from deployments.selectors import forge_accounts, ways
from deployments.services import invitations, linked_accounts
from deployments.services.linked_accounts import Proof
from tests.deployments.web.sign_in.conftest import begun, came_back, who
from tests.servers.github.hub import GitHub


@pytest.fixture
def acme(github: GitHub, settings: Settings) -> GitHub:
    """Members of the team acme/ops alone come in; octocat is one."""
    settings.SHIPMATE_GITHUB_MEMBERS = ["acme/ops"]
    github.join("octocat", 583231, "acme", "acme/ops", name="The Octocat")
    return github


@pytest.fixture
def linked(acme: GitHub, alice: Person) -> Person:
    linked_accounts.link(alice, Proof(ways.way("github"), "583231", "octocat"))
    return alice


def test_a_member_comes_in(client: Client, acme: GitHub, linked: Person) -> None:
    assert "scope=read%3Aorg&" in begun(client)

    came_back(client, acme)

    assert who(client) == "alice"


@pytest.mark.parametrize("left", [(), ("acme",), ("acme/dev",)])
def test_who_left_is_refused_with_the_reason(
    client: Client, acme: GitHub, linked: Person, left: tuple[str, ...]
) -> None:
    acme.join("octocat", 583231, *left)

    answer = came_back(client, acme)

    assert answer.status_code == 403
    assert "octocat is no member of acme/ops at GitHub" in answer.content.decode()
    assert who(client) == ""


def test_who_is_only_invited_there_is_no_member(
    client: Client, acme: GitHub, linked: Person
) -> None:
    acme.members["octocat"].belongs["acme/ops"] = "pending"

    assert came_back(client, acme).status_code == 403


def test_any_of_several_is_enough(
    client: Client, acme: GitHub, linked: Person, settings: Settings
) -> None:
    settings.SHIPMATE_GITHUB_MEMBERS = ["closed", "umbrella", "acme"]
    acme.closed.add("closed")

    came_back(client, acme)

    assert who(client) == "alice"


def test_an_organisation_that_tells_nothing_has_to_approve(
    client: Client, acme: GitHub, linked: Person, settings: Settings
) -> None:
    settings.SHIPMATE_GITHUB_MEMBERS = ["acme"]
    acme.closed.add("acme")

    answer = came_back(client, acme)

    assert answer.status_code == 409
    assert "An owner of it has to approve Shipmate" in answer.content.decode()


def test_members_join_only_where_settings_say_so(client: Client, acme: GitHub) -> None:
    assert came_back(client, acme).status_code == 403
    assert not Person.objects.exists()


def test_a_member_joins_with_the_role_that_settings_state(
    client: Client, acme: GitHub, settings: Settings, place: str
) -> None:
    settings.SHIPMATE_GITHUB_JOIN = "deployer"

    came_back(client, acme)

    person = forge_accounts.person_of(place, 583231)
    assert person is not None
    assert (who(client), person.name) == ("octocat", "The Octocat")
    assert person.roles.get().name == "deployer"
    joined = Change.objects.get(verb="person.joined")
    assert (joined.person, joined.new) == (person, "octocat at GitHub")


def test_who_joins_has_no_signs_in_their_name_that_nobody_sees(
    client: Client, acme: GitHub, settings: Settings
) -> None:
    settings.SHIPMATE_GITHUB_JOIN = "viewer"
    acme.join("octocat", 583231, "acme", "acme/ops", name="The\0 \u202eOctocat\n")

    came_back(client, acme)

    assert Person.objects.get(username="octocat").name == "The Octocat"


def test_nobody_joins_where_no_members_are_named(
    client: Client, github: GitHub, settings: Settings
) -> None:
    settings.SHIPMATE_GITHUB_JOIN = "viewer"

    assert came_back(client, github).status_code == 403
    assert not Person.objects.exists()


def test_nobody_else_joins(client: Client, acme: GitHub, settings: Settings) -> None:
    settings.SHIPMATE_GITHUB_JOIN = "viewer"
    acme.join("mallory", 666, "umbrella")

    assert came_back(client, acme, "mallory").status_code == 403
    assert not Person.objects.exists()


def test_an_invitation_makes_nobody_a_member(client: Client, acme: GitHub, root: Person) -> None:
    _, text = invitations.make(root, "viewer")
    acme.join("mallory", 666)

    assert came_back(client, acme, "mallory", invitation=text).status_code == 403
    assert Client().get(f"/invitation/{text}/").status_code == 200


def test_who_joined_gives_themselves_no_password(
    client: Client, acme: GitHub, settings: Settings
) -> None:
    settings.SHIPMATE_GITHUB_JOIN = "viewer"
    came_back(client, acme)

    answer = client.get("/accounts/password/change/", follow=True)

    assert "You have no password here" in answer.content.decode()
    assert client.post("/accounts/password/set/", {"password1": "x"}).status_code == 405
