"""What opens a repository at GitHub: somebody's token, or an App that is installed on it."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from hashlib import sha256
from threading import Lock

import jwt
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from deployments.exceptions import ForgeError, Invalid, RepositoryAway
from deployments.forges.contract import Access, Source
from deployments.forges.github import client
from deployments.forges.github.client import Caller
from deployments.forges.github.places import place

EARLY = 300.0  # seconds before its end that a token is renewed
SLOW_CLOCK = 60  # seconds that another machine's clock may be behind
LONGEST = 540  # GitHub takes ten minutes at most


@dataclass(frozen=True, slots=True)
class Token:
    """A personal token, fine-grained or classic."""

    location: str
    secret: str = field(repr=False)

    @property
    def whose(self) -> str:
        return f"{place(self.location).api} {self.secret}"

    def caller(self) -> Caller:
        return Caller(place(self.location), self.whose, f"Bearer {self.secret}")

    def password(self) -> str:
        return self.secret

    def trouble(self) -> str:
        return trouble(self)


@dataclass(frozen=True, slots=True)
class App:
    """A GitHub App: each repository is opened by a token of an hour, for it alone.

    A token has the rights of the moment that it was made in, and ends when the App is taken away:
    one that is refused is not used again, so that what is mended at GitHub counts at once.
    """

    location: str
    app: str
    key: str = field(repr=False)

    @property
    def whose(self) -> str:
        at = place(self.location)
        key = sha256(self.key.encode()).hexdigest()
        return f"{at.api} {at.full_name} {self.app} {key}"

    def caller(self) -> Caller:
        token = self.password()
        forget = partial(_tokens.forget, self.whose, token)
        return Caller(place(self.location), self.whose, f"Bearer {token}", forget)

    def password(self) -> str:
        return _tokens.get(self.whose, self._installed)

    def trouble(self) -> str:
        return trouble(self)

    def itself(self) -> Caller:
        """Return who asks as the App, not as one of its installations."""
        at = place(self.location)
        return Caller(at, f"{self.whose} itself", f"Bearer {signed(self.app, self.key)}")

    def _installed(self) -> tuple[str, float]:
        """Return a new token with the time of its end."""
        asking = self.itself()
        at = asking.place
        found = client.get(asking, f"{at.url}/installation")
        url = f"{at.api}/app/installations/{int(found['id'])}/access_tokens"
        made = client.post(asking, url, {"repositories": [at.name]})
        return str(made["token"]), datetime.fromisoformat(made["expires_at"]).timestamp()


class _Tokens:
    """Tokens of an hour, in memory alone, renewed before their end."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._known: dict[str, tuple[str, float]] = {}

    def get(self, whose: str, renew: Callable[[], tuple[str, float]]) -> str:
        with self._lock:
            token, ends = self._known.get(whose, ("", 0.0))
        if ends - EARLY > time.time():
            return token
        token, ends = renew()
        with self._lock:
            now = time.time()
            kept = {key: each for key, each in self._known.items() if each[1] > now}
            self._known = {**kept, whose: (token, ends)}
        return token

    def forget(self, whose: str, token: str) -> None:
        """Have another made, unless that was done already."""
        with self._lock:
            if self._known.get(whose, ("", 0.0))[0] == token:
                del self._known[whose]


_tokens = _Tokens()


def signed(app: str, key: str) -> str:
    """Return what proves for ten minutes that this is the App."""
    now = int(time.time())
    claims = {"iss": app, "iat": now - SLOW_CLOCK, "exp": now + LONGEST}
    try:
        return jwt.encode(claims, key, algorithm="RS256")
    except (ValueError, TypeError, jwt.PyJWTError) as error:
        raise ForgeError("The App's private key cannot be read; set it again.") from error


def opened(source: Source, secret: str, app: str = "") -> Source:
    """Return the source with what opens it."""
    at = source.location
    access: Access = App(at, app, secret) if app else Token(at, secret)
    return Source(source.location, source.name, access)


def check_token(text: str) -> None:
    """Refuse what no header of a request takes."""
    if not re.fullmatch(r"[\x21-\x7e]+", text):
        raise Invalid("A token is one word of letters, digits and signs.")


def check_key(text: str) -> None:
    """Refuse what is no private key of an App."""
    try:
        key = load_pem_private_key(text.encode(), None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, RSAPrivateKey):
        raise Invalid(
            "This is no private key of a GitHub App: paste the whole .pem file that GitHub gave,"
            " from -----BEGIN to -----END."
        )


def trouble(access: Token | App) -> str:
    """Return why GitHub does not open the repository, in a sentence, or nothing."""
    try:
        caller = access.caller()
        client.get(caller, caller.place.url)
    except RepositoryAway:
        raise
    except ForgeError as error:
        return str(error)
    return ""
