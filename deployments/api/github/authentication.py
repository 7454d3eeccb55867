"""Tokens as GitHub's clients send them: `token`, `Bearer`, a password, or in the address."""

from __future__ import annotations

import base64
import binascii

from rest_framework.authentication import get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from deployments.api.authentication import TokenAuthentication
from deployments.api.github.addresses import SCHEME
from deployments.models import ApiToken, Person

NOT_MADE_FOR_IT = (
    "This token was not made to stand in an address: send it as “Authorization: token ship_…”, or "
    "make one that may under Settings → Tokens."
)


class GithubAuthentication(TokenAuthentication):
    """The same tokens, by more ways."""

    def authenticate(self, request: Request) -> tuple[Person, ApiToken] | None:
        said = get_authorization_header(request).decode("latin-1")
        word, _, text = said.partition(" ")
        if word.lower() in ("bearer", "token"):
            return super().authenticate(request)
        if word.lower() == "basic":
            return self.known(_of_basic(text.strip()))
        if word == SCHEME:
            person, token = self.known(text.strip())
            if not token.in_addresses:
                raise AuthenticationFailed(NOT_MADE_FOR_IT)
            return person, token
        return None


def _of_basic(text: str) -> str:
    """Return the token, which may be the name or the password; the other says nothing."""
    try:
        name, _, password = base64.b64decode(text, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        raise AuthenticationFailed("This is no name and password.") from None
    return name if name.startswith("ship_") else password
