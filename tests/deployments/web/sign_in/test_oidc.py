"""Signing in by an issuer of OpenID Connect: a real one, whose answers are spoilt now and then."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import jwt
import pytest
import requests
from django.test import Client
from pytest_django import Settings

from deployments.models import ForgeAccount, Person, VerifiedAddress
from deployments.selectors import ways
from deployments.services import invitations, linked_accounts
from deployments.services.linked_accounts import Proof
from tests.deployments.web.sign_in.conftest import begun, who
from tests.servers import oidc
from tests.servers.oidc import Issuer

pytestmark = pytest.mark.slow  # an issuer is started for each

CONFIGURATION = "/.well-known/openid-configuration"
LOGIN = "/accounts/oidc/login/"


@pytest.fixture
def issuer(db: None, settings: Settings) -> Iterator[Issuer]:
    """An issuer that knows ada, and is set as a way in."""
    with oidc.served() as made:
        settings.SHIPMATE_URL = "http://testserver"
        settings.SHIPMATE_OIDC_ISSUER = made.address
        settings.SHIPMATE_OIDC_CLIENT_ID = "shipmate"
        settings.SHIPMATE_OIDC_CLIENT_SECRET = "hidden-secret"
        settings.SHIPMATE_OIDC_NAME = "Acme SSO"
        made.know("ada-1", name="Ada L.", preferred_username="ada", groups=["deployers"])
        made.asked.clear()
        yield made


@pytest.fixture
def linked(issuer: Issuer, alice: Person) -> Person:
    linked_accounts.link(alice, Proof(ways.way("oidc"), "ada-1", "ada"))
    return alice


def came_back(client: Client, issuer: Issuer, sub: str = "ada-1", **fields: str) -> Any:
    return client.get(issuer.approve(begun(client, LOGIN, **fields), sub))


def test_a_linked_account_lets_in(client: Client, issuer: Issuer, linked: Person) -> None:
    assert "Sign in with Acme SSO" in client.get("/accounts/login/").content.decode()
    assert "code_challenge_method=S256" in begun(client, LOGIN)

    answer = came_back(client, issuer, next="/queue/")

    assert (who(client), answer["Location"]) == ("alice", "/queue/")
    assert not ForgeAccount.objects.exists()


def test_a_stranger_gets_nothing(client: Client, issuer: Issuer) -> None:
    answer = came_back(client, issuer)

    assert answer.status_code == 403
    assert "Nobody here is known as ada at Acme SSO." in answer.content.decode()
    assert not Person.objects.exists()


def test_an_address_is_no_proof(client: Client, issuer: Issuer, alice: Person) -> None:
    Person.objects.update(email="alice@example.com")
    issuer.know("alice", preferred_username="alice", email="alice@example.com", email_verified=True)

    assert came_back(client, issuer, "alice").status_code == 403


@pytest.mark.parametrize(
    ("verified", "kept"),
    [(True, ["ada@example.com"]), (False, []), ("true", []), (None, [])],
)
def test_only_an_address_that_is_verified_is_kept(
    client: Client, issuer: Issuer, linked: Person, verified: object, kept: list[str]
) -> None:
    claims = {"preferred_username": "ada", "email": "Ada@example.com", "email_verified": verified}
    issuer.know("ada-1", **claims)

    came_back(client, issuer)

    assert [str(each) for each in VerifiedAddress.objects.all()] == kept


def answered(issuer: Issuer, alg: str, asked: dict[str, Any], **signed: Any) -> None:
    """Let the issuer sign this, so, and tell more to who asks."""
    claims = {"sub": "ada-1", "aud": "shipmate", "iss": issuer.address, "exp": 2**40}
    token = jwt.encode({**claims, **signed}, "k" * 32 if alg != "none" else "", algorithm=alg)
    issuer.spoilt["/oauth2/token"] = ("200 OK", {"access_token": "x", "id_token": token})
    issuer.spoilt["/userinfo"] = ("200 OK", {"sub": "ada-1", **asked})


@pytest.mark.parametrize(
    ("asked", "kept"),
    [
        ({"email": "mallory@example.com"}, []),
        ({"email": "mallory@example.com", "email_verified": False}, []),
        ({"email": "ada@example.com"}, ["ada@example.com"]),
        ({}, ["ada@example.com"]),
    ],
)
def test_of_two_addresses_the_verified_one_says_nothing_of_the_other(
    client: Client, issuer: Issuer, linked: Person, asked: dict[str, Any], kept: list[str]
) -> None:
    back = issuer.approve(begun(client, LOGIN), "ada-1")
    answered(issuer, "HS256", asked, email="ada@example.com", email_verified=True)

    client.get(back)

    assert who(client) == "alice"
    assert [str(each) for each in VerifiedAddress.objects.all()] == kept


@pytest.mark.parametrize(("alg", "name"), [("HS256", "alice"), ("none", "")])
def test_a_token_that_nobody_signed_is_no_proof(
    client: Client, issuer: Issuer, linked: Person, alg: str, name: str
) -> None:
    back = issuer.approve(begun(client, LOGIN), "ada-1")
    answered(issuer, alg, {})

    client.get(back)

    assert who(client) == name


def test_an_invitation_lets_in(client: Client, issuer: Issuer, root: Person) -> None:
    _, text = invitations.make(root, "maintainer")

    came_back(client, issuer, invitation=text)

    person = Person.objects.get(username="ada")
    assert (person.name, person.roles.get().name) == ("Ada L.", "maintainer")


def test_a_group_is_asked_for_each_time(client: Client, issuer: Issuer, settings: Settings) -> None:
    settings.SHIPMATE_OIDC_MEMBERS, settings.SHIPMATE_OIDC_JOIN = ["deployers"], "deployer"
    came_back(client, issuer)
    assert Person.objects.get().roles.get().name == "deployer"

    issuer.know("ada-1", preferred_username="ada", groups=["others"])
    answer = came_back(Client(), issuer)

    assert answer.status_code == 403
    assert "ada is in none of those who may come in here: deployers." in answer.content.decode()


@pytest.mark.parametrize(
    ("wanted", "claims", "enters"),
    [
        ("hd=example.com", {"hd": "example.com"}, True),
        ("hd=example.com", {"hd": "example.com.evil.example"}, False),
        ("hd=example.com", {"groups": ["example.com"]}, False),
        ("deployers", {"groups": "deployers"}, True),
        ("deployers", {"groups": "no deployers"}, False),
        ("deployers", {"groups": {"deployers": True}}, False),
        ("realm=a=b", {"realm=a": ["b"]}, True),
        ("True", {"groups": [True]}, False),
    ],
)
def test_a_claim_has_just_this_value(
    client: Client,
    issuer: Issuer,
    linked: Person,
    settings: Settings,
    wanted: str,
    claims: dict[str, Any],
    enters: bool,
) -> None:
    settings.SHIPMATE_OIDC_MEMBERS = [wanted]
    issuer.know("ada-1", **claims)

    came_back(client, issuer)

    assert bool(who(client)) is enters


def test_the_same_sub_of_another_issuer_is_somebody_else(
    client: Client, issuer: Issuer, linked: Person, settings: Settings
) -> None:
    with oidc.served() as other:
        settings.SHIPMATE_OIDC_ISSUER = other.address

        assert came_back(client, other).status_code == 403


def test_two_different_accounts_are_none(client: Client, issuer: Issuer, linked: Person) -> None:
    back = issuer.approve(begun(client, LOGIN), "mallory")
    issuer.spoilt["/userinfo"] = ("200 OK", {"sub": "ada-1"})

    answer = client.get(back)

    assert (answer.status_code, who(client)) == (502, "")


def test_a_code_is_good_once(client: Client, issuer: Issuer, linked: Person) -> None:
    back = issuer.approve(begun(client, LOGIN), "ada-1")
    code = back.split("code=")[1].split("&")[0]
    client.get(back)
    client.logout()
    state = begun(client, LOGIN).split("state=")[1].split("&")[0]

    answer = client.get(f"{LOGIN}callback/?code={code}&state={state}")

    assert answer.status_code == 400
    assert "Acme SSO does not confirm this sign-in" in answer.content.decode()


def test_the_way_of_one_is_no_way_back_of_the_other(
    client: Client, issuer: Issuer, linked: Person, settings: Settings
) -> None:
    settings.SHIPMATE_GITHUB_CLIENT_ID = "Iv1.x"
    back = issuer.approve(begun(client, LOGIN), "ada-1").replace("/oidc/", "/github/")

    assert client.get(back).status_code == 400


@pytest.mark.parametrize(
    "answer",
    [
        ("500 Internal Server Error", {}),
        ("404 Not Found", b"<html>"),
        ("200 OK", b"<html>"),
        ("200 OK", []),
        ("200 OK", {}),
        ("302 Found", {}),
    ],
)
def test_an_issuer_that_says_nothing_of_use_is_told(
    client: Client, issuer: Issuer, linked: Person, answer: tuple[str, Any]
) -> None:
    back = issuer.approve(begun(client, LOGIN), "ada-1")
    issuer.spoilt[CONFIGURATION] = answer

    ended = client.get(back)
    begins = client.post(LOGIN)

    assert (ended.status_code, begins.status_code, who(client)) == (502, 409, "")
    assert "Try again in a while" in ended.content.decode()
    assert "Try again in a while" in begins.content.decode()


@pytest.mark.parametrize(
    "answer",
    [("500 Internal Server Error", {}), ("200 OK", {"access_token": 1}), ("200 OK", b"x")],
)
@pytest.mark.parametrize("path", ["/oauth2/token", "/userinfo"])
def test_what_makes_no_sense_signs_nobody_in(
    client: Client, issuer: Issuer, linked: Person, path: str, answer: tuple[str, Any]
) -> None:
    issuer.spoilt[path] = answer

    ended = came_back(client, issuer)

    assert ended.status_code in {400, 502}
    assert who(client) == ""


def test_another_issuer_than_settings_name_is_none(
    client: Client, issuer: Issuer, linked: Person
) -> None:
    told = requests.get(issuer.address + CONFIGURATION, timeout=30).json()
    issuer.spoilt[CONFIGURATION] = ("200 OK", {**told, "issuer": "https://evil.example"})

    assert client.post(LOGIN).status_code == 409


def test_an_issuer_without_a_place_to_ask_is_enough(
    client: Client, issuer: Issuer, linked: Person
) -> None:
    told = requests.get(issuer.address + CONFIGURATION, timeout=30).json()
    del told["userinfo_endpoint"]
    issuer.spoilt[CONFIGURATION] = ("200 OK", told)

    came_back(client, issuer)

    assert who(client) == "alice"
    assert "/userinfo" not in issuer.asked


def test_what_is_not_signed_is_no_proof(client: Client, issuer: Issuer, linked: Person) -> None:
    back = issuer.approve(begun(client, LOGIN), "mallory")
    issuer.spoilt["/oauth2/token"] = ("200 OK", {"access_token": "x"})
    issuer.spoilt["/userinfo"] = ("200 OK", {"sub": "ada-1"})

    answer = client.get(back)

    assert (answer.status_code, who(client)) == (502, "")


@pytest.mark.parametrize(
    "wrong",
    [{"aud": "another"}, {"iss": "https://evil.example"}, {"exp": 1}],
    ids=["for another client", "of another issuer", "too old"],
)
def test_a_token_that_is_not_for_here_is_no_proof(
    client: Client, issuer: Issuer, linked: Person, wrong: dict[str, Any]
) -> None:
    claims = {"sub": "ada-1", "aud": "shipmate", "iss": issuer.address, "exp": 2**40}
    back = issuer.approve(begun(client, LOGIN), "ada-1")
    token = jwt.encode({**claims, **wrong}, "k" * 32, algorithm="HS256")
    issuer.spoilt["/oauth2/token"] = ("200 OK", {"access_token": "x", "id_token": token})
    issuer.spoilt["/userinfo"] = ("200 OK", {"sub": "ada-1"})

    answer = client.get(back)

    assert (answer.status_code, who(client)) == (400, "")


def test_an_account_with_a_long_number_is_unlinked(issuer: Issuer, alice: Person) -> None:
    linked_accounts.link(alice, Proof(ways.way("oidc"), "1" * 21, "ada"))
    account, _ = linked_accounts.named(alice)[0]

    assert linked_accounts.unlink(alice, account.pk) == "ada at Acme SSO"


def test_an_issuer_that_is_away_is_told(client: Client, issuer: Issuer, settings: Settings) -> None:
    settings.SHIPMATE_OIDC_ISSUER = "http://127.0.0.1:1"

    answer = client.post(LOGIN)

    assert answer.status_code == 409
    assert "Acme SSO does not answer now." in answer.content.decode()


def test_no_secret_is_logged_or_shown(
    client: Client, issuer: Issuer, linked: Person, caplog: pytest.LogCaptureFixture
) -> None:
    back = issuer.approve(begun(client, LOGIN), "ada-1")
    issuer.spoilt["/oauth2/token"] = ("400 Bad Request", {"error": "invalid_client"})

    shown = client.get(back).content.decode()

    logged = [each.getMessage() for each in caplog.records if each.name.startswith("deployments")]
    assert logged == ["Acme SSO refuses a sign-in: invalid_client"]
    assert "hidden-secret" not in shown + caplog.text
