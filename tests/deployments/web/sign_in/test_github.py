"""Signing in by GitHub: who gets in, who does not, and what they are told."""

from __future__ import annotations

import pytest
from allauth.socialaccount.models import SocialAccount, SocialToken
from django.test import Client
from pytest_django import Settings

from deployments.models import Change, ForgeAccount, Person, VerifiedAddress
from deployments.selectors import forge_accounts, ways
from deployments.services import invitations, linked_accounts, sessions
from deployments.services.linked_accounts import Proof
from tests.deployments.web.sign_in.conftest import begun, came_back, who
from tests.servers.github import oauth
from tests.servers.github.hub import Fault, GitHub


@pytest.fixture
def linked(github: GitHub, alice: Person) -> Person:
    """Alice, whose account is octocat's."""
    linked_accounts.link(alice, Proof(ways.way("github"), "583231", "octocat"))
    return alice


def test_without_settings_there_is_no_such_way(client: Client, db: None) -> None:
    assert "GitHub" not in client.get("/accounts/login/").content.decode()
    assert client.post("/accounts/github/login/").status_code == 404


def test_a_linked_account_lets_in(client: Client, github: GitHub, linked: Person) -> None:
    assert "Sign in with GitHub" in client.get("/accounts/login/").content.decode()

    answer = came_back(client, github, next="/queue/")

    assert (answer.status_code, answer["Location"]) == (302, "/queue/")
    assert who(client) == "alice"


def test_the_session_says_by_whom(client: Client, github: GitHub, linked: Person) -> None:
    came_back(client, github)

    assert sessions.of(linked).get().data == {"way": "GitHub"}
    assert "signed in with GitHub" in client.get("/settings/me/").content.decode()


def test_nothing_but_who_it_is_is_asked_or_kept(
    client: Client, github: GitHub, linked: Person
) -> None:
    asked = begun(client)
    came_back(client, github)

    assert "scope=&" in asked
    assert "code_challenge_method=S256" in asked
    assert SocialAccount.objects.get().extra_data == {"login": "octocat"}
    assert not SocialToken.objects.exists()


def test_a_stranger_gets_nothing(client: Client, github: GitHub, alice: Person) -> None:
    answer = came_back(client, github)

    assert answer.status_code == 403
    assert "ask an administrator for an invitation" in answer.content.decode()
    assert who(client) == ""
    assert list(Person.objects.all()) == [alice]


def test_neither_login_nor_address_is_a_proof(
    client: Client, github: GitHub, alice: Person
) -> None:
    github.join("alice", 1, name="Alice")
    Person.objects.update(email="alice@example.com")

    assert came_back(client, github, "alice").status_code == 403


def test_a_new_login_is_the_same_person(client: Client, github: GitHub, linked: Person) -> None:
    github.join("hubot", 583231)

    came_back(client, github, "hubot")

    assert who(client) == "alice"
    assert ForgeAccount.objects.get().login == "hubot"


def test_a_login_that_another_took_over_is_somebody_else(
    client: Client, github: GitHub, linked: Person
) -> None:
    github.join("octocat", 2)

    assert came_back(client, github).status_code == 403


def test_the_same_number_at_another_github_is_somebody_else(
    client: Client, github: GitHub, alice: Person
) -> None:
    way = ways.Way("github", "GitHub", "https://api.github.com", (), "")
    linked_accounts.link(alice, Proof(way, "583231", "octocat"))

    assert came_back(client, github).status_code == 403


def test_who_is_switched_off_stays_out(client: Client, github: GitHub, linked: Person) -> None:
    Person.objects.update(is_active=False)

    answer = came_back(client, github)

    assert "switched off" in client.get(answer["Location"]).content.decode()
    assert who(client) == ""


def test_an_invitation_that_is_open_in_this_browser_lets_in(
    client: Client, github: GitHub, root: Person, place: str
) -> None:
    _, text = invitations.make(root, "deployer")
    assert text in client.get(f"/invitation/{text}/").content.decode()

    came_back(client, github, invitation=text)

    assert who(client) == "octocat"
    person = forge_accounts.person_of(place, 583231)
    assert person is not None
    assert (str(person), person.roles.get().name) == ("The Octocat", "deployer")
    assert not person.has_usable_password()
    assert Client().get(f"/invitation/{text}/").status_code == 404


def test_an_invitation_is_good_once(client: Client, github: GitHub, root: Person) -> None:
    _, text = invitations.make(root, "deployer")
    github.join("hubot", 2)
    other = Client()
    first = begun(client, invitation=text)
    second = begun(other, invitation=text)

    client.get(oauth.approve(github, first, "octocat"))
    answer = other.get(oauth.approve(github, second, "hubot"))

    assert (answer.status_code, who(other)) == (404, "")
    assert not Person.objects.filter(username="hubot").exists()


def test_a_name_that_somebody_has_is_not_taken(
    client: Client, github: GitHub, root: Person
) -> None:
    _, text = invitations.make(root, "viewer")
    github.join("Root", 2)

    came_back(client, github, "Root", invitation=text)

    assert who(client) == "Root-2"


def test_who_says_no_there_is_told_so(client: Client, github: GitHub, linked: Person) -> None:
    answer = came_back(client, github, "")

    assert answer.status_code == 403
    assert "You did not let GitHub tell Shipmate who you are." in answer.content.decode()


@pytest.mark.parametrize("path", ["/access_token", "/user"])
@pytest.mark.parametrize("status", [500, 401, 403])
def test_a_github_that_is_ill_is_told(
    client: Client, github: GitHub, linked: Person, path: str, status: int
) -> None:
    github.faults.append(Fault(status=status, path=path))

    answer = came_back(client, github)

    assert answer.status_code in {400, 409, 502}
    assert "egin again" in answer.content.decode() or "Try again" in answer.content.decode()
    assert who(client) == ""


def test_a_github_that_is_away_is_told(
    client: Client, github: GitHub, linked: Person, settings: Settings
) -> None:
    back = begun(client)
    settings.SHIPMATE_GITHUB_URL = "https://127.0.0.1:1"

    answer = client.get(oauth.approve(github, back, "octocat"))

    assert answer.status_code in {400, 502}
    assert who(client) == ""


def test_a_wrong_secret_is_told_and_never_shown(
    client: Client,
    github: GitHub,
    linked: Person,
    settings: Settings,
    caplog: pytest.LogCaptureFixture,
) -> None:
    settings.SHIPMATE_GITHUB_CLIENT_SECRET = "wrong-secret"

    shown = came_back(client, github).content.decode()

    assert "the client id or secret that Shipmate has may be wrong" in shown
    assert "incorrect_client_credentials" in caplog.text
    assert "wrong-secret" not in caplog.text + shown


def test_what_is_linked_is_recorded(linked: Person) -> None:
    change = Change.objects.get(verb="sign_in.linked")

    assert (change.person, change.subject, change.new) == (linked, "octocat at GitHub", "583231")


def test_addresses_are_kept_where_settings_say_so(
    client: Client, github: GitHub, linked: Person, settings: Settings
) -> None:
    settings.SHIPMATE_GITHUB_ADDRESSES = True
    github.members["octocat"].addresses = {"Octo@example.com": True, "new@example.com": False}
    assert "scope=user%3Aemail&" in begun(client)

    came_back(client, github)
    assert kept() == ["octo@example.com"]

    github.members["octocat"].addresses = {"new@example.com": True}
    came_back(client, github)
    assert kept() == ["new@example.com"]


def test_addresses_that_are_not_told_this_time_stay(
    client: Client, github: GitHub, linked: Person, settings: Settings
) -> None:
    settings.SHIPMATE_GITHUB_ADDRESSES = True
    github.members["octocat"].addresses = {"octo@example.com": True}
    came_back(client, github)
    github.faults.append(Fault(status=403, path="/user/emails"))

    came_back(client, github)

    assert (who(client), kept()) == ("alice", ["octo@example.com"])


def kept() -> list[str]:
    return [str(each) for each in VerifiedAddress.objects.all()]
