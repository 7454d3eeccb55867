"""How people sign in: accounts are made by administrators, never by visitors."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.authentication import get_authentication_records
from allauth.account.signals import password_changed, user_logged_in
from allauth.mfa import signals
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.http import HttpRequest

from deployments import vault
from deployments.models import Person
from deployments.selectors import ways
from deployments.services import people, second_factors, sessions


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth has no types
    """allauth's own behaviour, with sign-up closed."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False


class SecondFactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]  # allauth has no types
    """allauth's own behaviour, with what it keeps encrypted at rest, and words of ours."""

    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": "That is not the code. It changes every 30 seconds: write the one that "
        "the app shows now, or a recovery code.",
    }

    def encrypt(self, text: str) -> str:
        return vault.encrypt(text).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return vault.decrypt(encrypted_text.encode())


def follow() -> None:
    """Record what people do with how they sign in. allauth tells of it by signals alone."""
    user_logged_in.connect(_signed_in)
    password_changed.connect(_password_changed)
    signals.authenticator_added.connect(_added)
    signals.authenticator_removed.connect(_removed)
    signals.authenticator_reset.connect(_reset)


def _signed_in(request: HttpRequest, user: Person, **_: Any) -> None:
    records = get_authentication_records(request, user)
    came = [each for each in records if each["method"] in ("password", "socialaccount")]
    way = ways.at(came[-1]["provider"]) if came and "provider" in came[-1] else None
    if way is not None:
        sessions.came_by(request, way.name)


def _password_changed(request: HttpRequest, user: Person, **_: Any) -> None:
    people.own_password_changed(user, keep=request.session.session_key or "")


def _added(user: Person, authenticator: Authenticator, **_: Any) -> None:
    second_factors.record("added", user, authenticator.type)


def _removed(user: Person, authenticator: Authenticator, **_: Any) -> None:
    second_factors.record("removed", user, authenticator.type)


def _reset(user: Person, authenticator: Authenticator, **_: Any) -> None:
    second_factors.record("renewed", user, authenticator.type)
