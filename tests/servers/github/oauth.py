"""GitHub's own way of signing in elsewhere, /login/oauth/. Its OpenAPI description has none of
it: what may be sent stands here, after the page “Authorizing OAuth apps” of its documents."""

from __future__ import annotations

import base64
import secrets
from hashlib import sha256
from html import escape
from urllib.parse import parse_qsl, urlencode, urlsplit

from tests.servers.github.hub import GitHub

CLIENT = "Iv1.shipmate"
SECRET = "5h1p" * 10
ASKED = {
    "client_id", "redirect_uri", "login", "scope", "state", "code_challenge",
    "code_challenge_method", "allow_signup", "prompt", "response_type",
}  # fmt: skip
EXCHANGED = {
    "client_id", "client_secret", "code", "redirect_uri", "code_verifier", "grant_type",
}  # fmt: skip
BAD_CODE = "The code passed is incorrect or expired."
BAD_CLIENT = "The client_id and/or client_secret passed are incorrect."


def authorize(hub: GitHub, given: dict[str, str]) -> tuple[int, dict[str, str], str]:
    """Ask who it is: a button for each who could be signed in here, and one to say no."""
    _only(hub, given, ASKED | {"as"})
    html = {"Content-Type": "text/html; charset=utf-8"}
    if given.get("client_id") != CLIENT:
        return 404, html, "<title>Page not found</title>"
    if "as" in given:
        return 302, {"Location": approve(hub, given, given["as"])}, ""
    buttons = "".join(
        f'<p><a href="?{escape(urlencode({**given, "as": login}))}">Authorize as {login}</a></p>'
        for login in [*hub.members, ""]
    )
    return 200, html, f"<title>Authorize Shipmate</title>{buttons}"


def approve(hub: GitHub, asked: dict[str, str] | str, login: str) -> str:
    """Return where GitHub sends the browser once somebody has let Shipmate know who they are."""
    given = dict(parse_qsl(urlsplit(asked).query)) if isinstance(asked, str) else dict(asked)
    _only(hub, given, ASKED | {"as"})
    told = {"state": given["state"]}
    if login:
        code = secrets.token_hex(10)
        hub.codes[code] = {**given, "as": login}
        told["code"] = code
    else:
        told |= {"error": "access_denied", "error_description": "The user has denied your access."}
    return f"{given['redirect_uri']}?{urlencode(told)}"


def exchange(hub: GitHub, given: dict[str, str]) -> dict[str, str]:
    """Return the token of a code: once, to who began, with the secret. Errors come with 200."""
    _only(hub, given, EXCHANGED)
    if (given.get("client_id"), given.get("client_secret")) != (CLIENT, SECRET):
        return {"error": "incorrect_client_credentials", "error_description": BAD_CLIENT}
    asked = hub.codes.pop(given.get("code", ""), None)
    if asked is None or not _began(asked, given):
        return {"error": "bad_verification_code", "error_description": BAD_CODE}
    scopes = set(asked.get("scope", "").split())
    token = hub.visit(hub.members[asked["as"]], scopes)
    return {"access_token": token, "scope": ",".join(scopes), "token_type": "bearer"}


def _began(asked: dict[str, str], given: dict[str, str]) -> bool:
    """Return whether it is the same who asked: by the address, and by what only they know."""
    digest = sha256(given.get("code_verifier", "").encode()).digest()
    challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
    is_same = asked["redirect_uri"] == given.get("redirect_uri")
    return is_same and asked.get("code_challenge", challenge) == challenge


def _only(hub: GitHub, given: dict[str, str], known: set[str]) -> None:
    unknown = set(given) - known
    if unknown:
        hub.violations.append(f"/login/oauth knows no {', '.join(sorted(unknown))}")
