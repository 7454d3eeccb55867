"""The round trip to who vouches for people: allauth's, with this house's settings and calls."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import jwt
import requests
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialApp, SocialLogin, SocialToken
from allauth.socialaccount.providers.github.provider import GitHubProvider
from allauth.socialaccount.providers.github.views import GitHubOAuth2Adapter
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from deployments.forges.github import client
from deployments.outbound import Session
from deployments.selectors import ways
from deployments.selectors.ways import Way


class Adapter(DefaultSocialAccountAdapter):  # type: ignore[misc]  # allauth has no types
    """allauth's own behaviour, with calls by the one client for addresses that people set."""

    def get_requests_session(self) -> requests.Session:
        return Session(client.certificates())


class GitHubAdapter(GitHubOAuth2Adapter):  # type: ignore[misc]  # allauth has no types
    headers = {"Accept": "application/json"}

    @property
    def access_token_url(self) -> str:
        return f"{settings.SHIPMATE_GITHUB_URL}/login/oauth/access_token"

    @property
    def authorize_url(self) -> str:
        return f"{settings.SHIPMATE_GITHUB_URL}/login/oauth/authorize"

    def get_callback_url(self, request: HttpRequest, app: SocialApp) -> str:
        return way_back("github")


class GitHub(GitHubProvider):  # type: ignore[misc]  # allauth has no types
    """Asks for as little as settings need: who it is, GitHub tells everybody."""

    oauth2_adapter_class = GitHubAdapter
    pkce_enabled_default = True

    def get_scope(self) -> list[str]:
        asked = {
            "read:org": settings.SHIPMATE_GITHUB_MEMBERS,
            "user:email": settings.SHIPMATE_GITHUB_ADDRESSES,
        }
        return [scope for scope, is_asked in asked.items() if is_asked]

    def get_auth_params(self) -> dict[str, str]:
        return {"allow_signup": "false"}


class OpenIDAdapter(OpenIDConnectOAuth2Adapter):  # type: ignore[misc]  # allauth has no types
    def get_provider(self) -> OpenID:
        return OpenID(self.request, _app(ways.way("oidc")))

    @cached_property
    def openid_config(self) -> dict[str, Any]:
        """Return what the issuer says of itself, if it is the issuer that settings name."""
        with Session(client.certificates()) as session:
            answer = session.get(self.get_provider().server_url)
            answer.raise_for_status()
            config: dict[str, Any] = answer.json()
        if config["issuer"].rstrip("/") != settings.SHIPMATE_OIDC_ISSUER.rstrip("/"):
            raise ValueError("another issuer")
        return config

    @property
    def basic_auth(self) -> bool:
        """Return how the secret is sent; an issuer that does not say takes it as a password."""
        said = self.openid_config.get("token_endpoint_auth_methods_supported")
        return "client_secret_post" not in (said or ["client_secret_basic"])

    def get_callback_url(self, request: HttpRequest, app: SocialApp) -> str:
        return way_back("oidc")

    def complete_login(
        self, request: HttpRequest, app: SocialApp, token: SocialToken, **told: Any
    ) -> SocialLogin:
        """Ask for more than the signed token has, where the issuer has a place for that."""
        app.settings["fetch_userinfo"] = "userinfo_endpoint" in self.openid_config
        return super().complete_login(request, app, token, **told)

    def _decode_id_token(self, app: SocialApp, id_token: str) -> dict[str, Any]:
        """Take no unsigned token: Shipmate registers for none.

        https://openid.net/specs/openid-connect-core-1_0.html#IDToken
        """
        told: dict[str, Any] = super()._decode_id_token(app, id_token)
        if jwt.get_unverified_header(id_token)["alg"].lower() == "none":
            raise ValueError("not signed")
        return told


class OpenID(OpenIDConnectProvider):  # type: ignore[misc]  # allauth has no types
    oauth2_adapter_class = OpenIDAdapter
    pkce_enabled_default = True

    def get_scope(self) -> list[str]:
        return ["openid", *settings.SHIPMATE_OIDC_SCOPES]


def provider(request: HttpRequest, way: Way) -> GitHub | OpenID:
    return (GitHub if way.key == "github" else OpenID)(request, _app(way))


def way_back(key: str) -> str:
    """Return the address that the other side sends people back to."""
    return f"{settings.SHIPMATE_URL}{reverse('way-back', args=[key])}"


def _app(way: Way) -> SocialApp:
    """Return what settings say, as allauth would keep it in the database. It is never saved."""
    if way.key == "github":
        return SocialApp(
            provider="github",
            provider_id=way.place,
            name=way.name,
            client_id=settings.SHIPMATE_GITHUB_CLIENT_ID,
            secret=settings.SHIPMATE_GITHUB_CLIENT_SECRET,
        )
    return SocialApp(
        provider="openid_connect",
        provider_id=way.place,
        name=way.name,
        client_id=settings.SHIPMATE_OIDC_CLIENT_ID,
        secret=settings.SHIPMATE_OIDC_CLIENT_SECRET,
        settings={"server_url": way.place.rstrip("/")},
    )
