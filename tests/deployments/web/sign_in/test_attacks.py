"""What somebody might try at the way to GitHub and back."""

from __future__ import annotations

import pytest
from django.test import Client

from deployments.models import Person
from deployments.selectors import ways
from deployments.services import linked_accounts, second_factors
from deployments.services.linked_accounts import Proof
from deployments.web.sign_in import doors
from tests.deployments.services.test_second_factors import set_up
from tests.deployments.web.sign_in.conftest import begun, came_back, who
from tests.servers.github import oauth
from tests.servers.github.hub import GitHub

BACK = "/accounts/github/login/callback/"


@pytest.fixture(autouse=True)
def linked(github: GitHub, alice: Person) -> Person:
    linked_accounts.link(alice, Proof(ways.way("github"), "583231", "octocat"))
    return alice


def test_a_form_elsewhere_begins_no_sign_in(github: GitHub) -> None:
    strict = Client(enforce_csrf_checks=True)

    assert strict.post("/accounts/github/login/").status_code == 403


@pytest.mark.parametrize("state", ["", "?state=", "?state=forged&code=1", "?code=1", "?state=%00"])
def test_a_forged_state_is_refused(client: Client, github: GitHub, state: str) -> None:
    begun(client)

    answer = client.get(f"{BACK}{state}")

    assert answer.status_code == 400
    assert github.asked == []


def test_an_answer_planted_in_another_browser_signs_nobody_in(
    client: Client, github: GitHub
) -> None:
    victim = Client()
    begun(victim)

    answer = victim.get(oauth.approve(github, begun(client), "octocat"))

    assert answer.status_code == 400
    assert "Begin again, at http://testserver." in answer.content.decode()
    assert who(victim) == ""


def test_an_answer_is_good_once(client: Client, github: GitHub) -> None:
    back = oauth.approve(github, begun(client), "octocat")
    client.get(back)
    client.logout()

    assert client.get(back).status_code == 400
    assert who(client) == ""


def test_a_code_is_good_once(client: Client, github: GitHub) -> None:
    code = oauth.approve(github, begun(client), "octocat").split("code=")[1]
    github.codes.pop(code)
    state = begun(client).split("state=")[1].split("&")[0]

    answer = client.get(f"{BACK}?code={code}&state={state}")

    assert answer.status_code == 400
    assert "GitHub does not confirm this sign-in" in answer.content.decode()


def test_a_stolen_code_is_no_good_in_another_browser(client: Client, github: GitHub) -> None:
    stolen = oauth.approve(github, begun(client), "octocat").split("code=")[1]
    thief = Client()
    state = begun(thief).split("state=")[1].split("&")[0]

    answer = thief.get(f"{BACK}?code={stolen}&state={state}")

    assert (answer.status_code, who(thief)) == (400, "")


@pytest.mark.parametrize(
    "next", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", r"\\evil.example"]
)
def test_nobody_is_sent_elsewhere(client: Client, github: GitHub, next: str) -> None:  # noqa: A002
    assert came_back(client, github, next=next)["Location"] == "/"


def test_the_session_gets_another_key(client: Client, github: GitHub) -> None:
    back = oauth.approve(github, begun(client), "octocat")
    before = client.session.session_key

    client.get(back)

    assert who(client) == "alice"
    assert client.session.session_key != before


def test_who_was_signed_in_here_before_is_signed_out(
    client: Client, github: GitHub, bob: Person
) -> None:
    client.force_login(bob)

    came_back(client, github)

    assert who(client) == "alice"


def test_who_was_signed_in_here_before_does_not_stay_while_a_code_is_asked_for(
    client: Client, github: GitHub, linked: Person, bob: Person
) -> None:
    set_up(linked)
    client.force_login(bob)

    came_back(client, github)

    assert who(client) == ""


def test_the_second_factor_is_asked_all_the_same(
    client: Client, github: GitHub, linked: Person
) -> None:
    set_up(linked)
    assert second_factors.has_one(linked)

    answer = came_back(client, github, next="/queue/")

    assert answer["Location"].startswith("/accounts/2fa/authenticate/")
    assert who(client) == ""


def test_more_than_was_meant_is_not_asked_for(client: Client, github: GitHub) -> None:
    path = "/accounts/github/login/?scope=repo&auth_params=login%3Dx&process=link&action=rerequest"

    asked = begun(client, path)

    assert "repo" not in asked
    assert "login=x" not in asked


def test_the_page_that_goes_on_is_kept_by_nobody(client: Client, github: GitHub) -> None:
    shown = client.post("/accounts/github/login/")

    assert "no-store" in shown["Cache-Control"]
    assert "form-action 'self'" in shown["Content-Security-Policy"]


def test_nobody_tries_it_all_day(
    client: Client, github: GitHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doors, "RATE", "2/m/ip")

    answers = [client.post("/accounts/github/login/").status_code for _ in range(3)]

    assert answers == [200, 200, 429]
