"""What came back from the other side, as proof of whose account it is; or why it is none."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import requests
from allauth.socialaccount.models import SocialToken
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest

from deployments.exceptions import Invalid, NotAllowed, RepositoryAway
from deployments.forges.github import accounts
from deployments.selectors.ways import Way
from deployments.services.linked_accounts import Proof
from deployments.web.sign_in import providers

logger = logging.getLogger(__name__)
CODE = re.compile(r"error[\"'=: ]+([a-z_]{3,60})")


def prove(request: HttpRequest, way: Way, state: Mapping[str, Any]) -> Proof:
    """Exchange the code that came back, and return whose account it is. Its tokens are used here
    and forgotten. Who is no member, where that is asked for, is refused."""
    with in_words(way):
        provider = providers.provider(request, way)
        adapter = provider.get_oauth2_adapter(request)
        client = adapter.get_client(request, provider.app)
        verifier = state.get("pkce_code_verifier")
        given = adapter.get_access_token_data(
            request, provider.app, client, pkce_code_verifier=verifier
        )
        if way.key == "github":
            return _github(way, given["access_token"])
        token = SocialToken(token=given["access_token"])
        login = adapter.complete_login(request, provider.app, token, response=given)
        return _oidc(way, login.account.extra_data)


def _github(way: Way, token: str) -> Proof:
    account = accounts.account(way.place, token)
    if way.members:
        accounts.require_member(way.place, token, account.login, way.members)
    addresses: tuple[str, ...] | None = ()
    if settings.SHIPMATE_GITHUB_ADDRESSES:
        addresses = accounts.verified_addresses(way.place, token)
    return Proof(way, str(account.uid), account.login, account.name, addresses)


def _oidc(way: Way, told: Mapping[str, Any]) -> Proof:
    signed = told["id_token"]
    asked = told.get("userinfo", signed)
    if signed["sub"] != asked["sub"]:
        raise ValueError("two different accounts")
    claims = {**signed, **asked}
    email = _verified(str(claims.get("email") or ""), signed, asked)
    login = str(claims.get("preferred_username") or email or claims["sub"])[:100]
    if way.members and not any(_holds(claims, each) for each in way.members):
        raise NotAllowed(
            f"{login} is in none of those who may come in here: {', '.join(way.members)}. Ask who"
            f" looks after {way.name} to add you, then sign in again; or sign in with your"
            " password, if you have one."
        )
    return Proof(
        way, str(claims["sub"]), login, str(claims.get("name") or ""), (email,) if email else ()
    )


def _verified(email: str, *told: Mapping[str, Any]) -> str:
    """Return the address where one of these calls it verified, of itself and not of another one."""
    is_one = any(each.get("email") == email and each.get("email_verified") is True for each in told)
    return email if is_one else ""


def _holds(claims: Mapping[str, Any], wanted: str) -> bool:
    """Return whether a claim has this value: `hd=example.com`, or of groups alone `deployers`."""
    name, _, value = wanted.rpartition("=")
    held = claims.get(name or "groups")
    several: Sequence[Any] = held if isinstance(held, list) else [held]
    return value in [each for each in several if isinstance(each, str)]


@contextmanager
def in_words(way: Way) -> Iterator[None]:
    """Say what went wrong on the other side. Its own words may hold secrets: of them only the
    code of an error is logged."""
    try:
        yield
    except OAuth2Error as error:
        code = CODE.search(str(error))
        logger.warning("%s refuses a sign-in: %s", way.name, code[1] if code else "no reason given")
        raise Invalid(
            f"{way.name} does not confirm this sign-in: what it sent back was used already or is"
            " too old. Begin again. If that does not help, tell an administrator: the client id"
            " or secret that Shipmate has may be wrong, and its log says more."
        ) from None
    except requests.RequestException as error:
        logger.warning("%s gives no answer: %s", way.name, type(error).__name__)
        raise RepositoryAway(
            f"{way.name} does not answer now. Try again in a while; nothing was changed."
        ) from None
    except (LookupError, TypeError, ValueError, AttributeError, ImproperlyConfigured) as error:
        logger.warning("%s answers without sense: %s", way.name, type(error).__name__)
        raise RepositoryAway(
            f"{way.name} answered something that makes no sense. Try again in a while; if that"
            " does not help, tell an administrator: the address in the settings may be wrong."
        ) from None
