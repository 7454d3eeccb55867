from __future__ import annotations

import pytest
from pytest_django.fixtures import Settings

from chatops import sign_in


@pytest.fixture
def given(settings: Settings) -> Settings:
    """Both ways, as they are meant."""
    settings.SHIPMATE_GITHUB_URL = "https://github.com"
    settings.SHIPMATE_GITHUB_CLIENT_ID = "Iv1.x"
    settings.SHIPMATE_GITHUB_CLIENT_SECRET = "hidden"
    settings.SHIPMATE_GITHUB_MEMBERS = ["acme", "acme/ops"]
    settings.SHIPMATE_GITHUB_JOIN = "viewer"
    settings.SHIPMATE_OIDC_ISSUER = "https://sso.example.com/"
    settings.SHIPMATE_OIDC_CLIENT_ID = "shipmate"
    settings.SHIPMATE_OIDC_CLIENT_SECRET = "hidden"
    settings.SHIPMATE_OIDC_MEMBERS = ["deployers", "hd=example.com"]
    settings.SHIPMATE_OIDC_JOIN = "deployer"
    return settings


def found() -> list[str | None]:
    return [message.id for message in sign_in.ways()]


def test_without_any_of_it_nothing_is_lacking() -> None:
    assert found() == []


def test_both_ways_as_they_are_meant(given: Settings) -> None:
    assert found() == []


@pytest.mark.parametrize(
    ("name", "value", "blamed"),
    [
        ("GITHUB_CLIENT_ID", "", "E030"),
        ("GITHUB_CLIENT_SECRET", "", "E030"),
        ("GITHUB_URL", "http://github.com", "E031"),
        ("GITHUB_URL", "https://github.com/acme", "E031"),
        ("GITHUB_URL", "github.com", "E031"),
        ("GITHUB_MEMBERS", ["@acme"], "E032"),
        ("GITHUB_MEMBERS", ["acme/a/b"], "E032"),
        ("GITHUB_MEMBERS", [], "E033"),
        ("GITHUB_JOIN", "admin", "E033"),
        ("GITHUB_JOIN", "yes", "E033"),
        ("OIDC_ISSUER", "", "E034"),
        ("OIDC_CLIENT_ID", "", "E034"),
        ("OIDC_CLIENT_SECRET", "", "E034"),
        ("OIDC_ISSUER", "http://sso.example.com", "E035"),
        ("OIDC_ISSUER", "https://sso.example.com/" + 200 * "x", "E035"),
        ("OIDC_MEMBERS", ["groups="], "E036"),
        ("OIDC_MEMBERS", ["=deployers"], "E036"),
        ("OIDC_MEMBERS", [], "E037"),
        ("OIDC_JOIN", "root", "E037"),
    ],
)
def test_what_is_half_set_or_a_slip_is_told(
    given: Settings, name: str, value: object, blamed: str
) -> None:
    setattr(given, f"SHIPMATE_{name}", value)

    assert found() == [f"shipmate.{blamed}"]


def test_members_alone_let_nobody_in(given: Settings) -> None:
    given.SHIPMATE_GITHUB_CLIENT_ID = given.SHIPMATE_GITHUB_CLIENT_SECRET = ""

    assert found() == ["shipmate.E030"]


def test_no_secret_stands_in_what_is_told(given: Settings) -> None:
    given.SHIPMATE_GITHUB_CLIENT_ID = given.SHIPMATE_OIDC_CLIENT_ID = ""

    assert "hidden" not in str([(each.msg, each.hint) for each in sign_in.ways()])
