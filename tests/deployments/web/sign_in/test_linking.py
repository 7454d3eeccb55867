"""Linking an account from one's own page, by proof after a fresh sign-in; and unlinking it."""

from __future__ import annotations

import time
from typing import Any

import pytest
from allauth.socialaccount.models import SocialAccount
from django.test import Client

from deployments.models import Change, ForgeAccount, Person
from deployments.selectors import forge_accounts, ways
from deployments.services import linked_accounts
from deployments.services.linked_accounts import Proof
from tests.deployments import build
from tests.deployments.web.sign_in.conftest import begun, came_back, gone, who
from tests.servers.github import oauth
from tests.servers.github.hub import GitHub

LINK = "/settings/me/accounts/github/link/"


@pytest.fixture
def only(github: GitHub, client: Client, root: Person) -> Person:
    """Somebody without a password, who is signed in by GitHub."""
    made = linked_accounts.make(Proof(ways.way("github"), "583231", "octocat"))
    came_back(client, github)
    return made


def confirmed(client: Client, answer: Any) -> Any:
    """Give the password, as the page before what is delicate asks."""
    assert answer["Location"].startswith("/accounts/reauthenticate/")
    return client.post(answer["Location"], {"password": build.PASSWORD})


def proven(client: Client, github: GitHub, login: str = "octocat") -> Any:
    """Link an account, with all that it takes."""
    to = gone(confirmed(client, client.post(LINK)).content.decode())
    return client.get(oauth.approve(github, to, login), follow=True)


def unlink(client: Client) -> Any:
    return client.post(f"/settings/me/accounts/{SocialAccount.objects.get().pk}/unlink/")


def test_it_takes_the_password_and_the_round_trip(
    as_alice: Client, github: GitHub, alice: Person, place: str
) -> None:
    shown = proven(as_alice, github).content.decode()

    assert "octocat at GitHub is linked to you." in shown
    assert forge_accounts.person_of(place, 583231) == alice
    other = Client()
    came_back(other, github)
    assert who(other) == "alice"


def test_without_the_password_nobody_comes_to_github(as_alice: Client, github: GitHub) -> None:
    answer = as_alice.post(LINK)

    assert answer.status_code == 302
    assert github.asked == []


def test_an_account_of_somebody_else_is_not_taken(
    as_alice: Client, github: GitHub, bob: Person
) -> None:
    linked_accounts.link(bob, Proof(ways.way("github"), "583231", "octocat"))

    shown = proven(as_alice, github).content.decode()

    assert "octocat at GitHub is linked to somebody else here." in shown
    assert ForgeAccount.objects.get().person == bob


def test_linking_twice_is_linking_once(as_alice: Client, github: GitHub) -> None:
    proven(as_alice, github)
    to = gone(as_alice.post(LINK).content.decode())

    shown = as_alice.get(oauth.approve(github, to, "octocat"), follow=True).content.decode()

    assert "is linked to you already" in shown
    assert ForgeAccount.objects.count() == 1


def test_a_link_that_another_began_does_nothing(
    as_alice: Client, github: GitHub, alice: Person
) -> None:
    """Mallory begins, lets GitHub answer, and has alice's browser open the answer."""
    mallory = Client()
    mallory.force_login(build.person("mallory"))
    to = gone(confirmed(mallory, mallory.post(LINK)).content.decode())
    planted = oauth.approve(github, to, "octocat")

    answer = as_alice.get(planted)

    assert answer.status_code == 400
    assert "belongs to no sign-in that was begun in this browser" in answer.content.decode()
    assert not SocialAccount.objects.exists()


def test_who_began_must_still_be_signed_in(as_alice: Client, github: GitHub, bob: Person) -> None:
    to = gone(confirmed(as_alice, as_alice.post(LINK)).content.decode())
    session = as_alice.session
    session["_auth_user_id"] = str(bob.pk)
    session["_auth_user_hash"] = bob.get_session_auth_hash()
    session.save()

    answer = as_alice.get(oauth.approve(github, to, "octocat"))

    assert (answer.status_code, SocialAccount.objects.count()) == (400, 0)


def test_it_is_unlinked_with_the_password(as_alice: Client, github: GitHub, alice: Person) -> None:
    proven(as_alice, github)

    answer = unlink(as_alice)

    assert answer.status_code == 302
    assert not ForgeAccount.objects.exists()
    assert came_back(Client(), github).status_code == 403
    change = Change.objects.get(verb="sign_in.unlinked")
    assert (change.person, change.subject) == (alice, "octocat at GitHub")


def test_the_only_way_in_stays(client: Client, only: Person) -> None:
    answer = unlink(client)

    assert answer.status_code == 400
    assert "This is your only way in." in answer.content.decode()
    assert ForgeAccount.objects.get().person == only


def test_whose_sign_in_is_old_signs_in_again(
    client: Client, github: GitHub, only: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = time.time() + 301
    monkeypatch.setattr(time, "time", lambda: later)

    answer = client.post(LINK)
    assert answer.status_code == 403
    assert "Sign in once more" in answer.content.decode()

    came_back(client, github, next="/settings/me/")
    assert "On to GitHub" in client.post(LINK).content.decode()


def test_another_persons_account_is_not_unlinked(
    as_alice: Client, github: GitHub, bob: Person
) -> None:
    linked_accounts.link(bob, Proof(ways.way("github"), "583231", "octocat"))

    again = confirmed(as_alice, unlink(as_alice))

    assert "is not linked to yours any more" in again.content.decode()
    assert ForgeAccount.objects.get().person == bob


def test_an_address_begins_nothing(as_alice: Client, github: GitHub) -> None:
    assert as_alice.get(LINK)["Location"] == "/settings/me/"
    assert Client().get("/accounts/github/login/")["Location"] == "/accounts/login/"
    assert begun(Client())


def test_an_administrator_unlinks_it_for_another(
    client: Client, github: GitHub, alice: Person, root: Person
) -> None:
    linked_accounts.link(alice, Proof(ways.way("github"), "583231", "octocat"))
    client.force_login(root)
    assert "octocat at GitHub" in client.get("/settings/people/alice/").content.decode()
    path = f"/settings/people/alice/accounts/{SocialAccount.objects.get().pk}/unlink/"

    shown = client.post(path, follow=True).content.decode()

    assert "Alice signs in no longer as octocat at GitHub." in shown
    assert not ForgeAccount.objects.exists()
    assert Change.objects.get(verb="sign_in.removed").subject == "alice as octocat at GitHub"


def test_nobody_else_unlinks_it(as_bob: Client, github: GitHub, alice: Person) -> None:
    linked_accounts.link(alice, Proof(ways.way("github"), "583231", "octocat"))
    path = f"/settings/people/alice/accounts/{SocialAccount.objects.get().pk}/unlink/"

    assert as_bob.post(path).status_code == 403
    assert ForgeAccount.objects.get().person == alice
    assert "octocat" not in as_bob.get("/settings/people/alice/").content.decode()
