"""Tokens in the Authorization header: `Authorization: Bearer ship_…`."""

from __future__ import annotations

from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from deployments.models import ApiToken, Person
from deployments.services import tokens


class TokenAuthentication(BaseAuthentication):
    """The person that a token speaks for, who may here what the token allows and no more."""

    def authenticate(self, request: Request) -> tuple[Person, ApiToken] | None:
        word, _, text = get_authorization_header(request).decode("latin-1").partition(" ")
        if word.lower() not in ("bearer", "token"):
            return None
        return self.known(text.strip())

    def known(self, text: str) -> tuple[Person, ApiToken]:
        """Return whom this token speaks for, or refuse it."""
        token = tokens.find(text)
        if token is None:
            raise _no_use(tokens.why_not(text))
        token.person.token = token
        return token.person, token

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="Shipmate"'


def still_good(request: Request) -> None:
    """Refuse a token that has ended since the request began."""
    assert isinstance(request.auth, ApiToken)  # noqa: S101  there is no other way in
    if (said := tokens.why_no_more(request.auth)) != "":
        raise _no_use(said)


def _no_use(said: str) -> AuthenticationFailed:
    return AuthenticationFailed(f"{said} Make a new one under Settings → Tokens.")
