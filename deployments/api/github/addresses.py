"""Tokens in addresses: taken out before anything else sees the request, or writes of it.

Old programs send `/api/v3/…?access_token=ship_…`. An address is written into logs, so the token
travels on in a header of its own kind, which `authentication` takes from tokens made for it only.
"""

from __future__ import annotations

import re
from typing import Any, Final
from urllib.parse import unquote_plus

PREFIX: Final = "/api/v3/"
NAME: Final = "access_token"
SCHEME: Final = "Address"
PART = re.compile("(?:^|[&;])[^&;]*")  # `;` parts nothing here, but did for old programs
STRAY = re.compile(r"ship(?:_|%5F)[\w-]{43}(?![\w-])", re.ASCII | re.IGNORECASE)


def without_token(query: str) -> tuple[str, str]:
    """Return the query without any token, and the last token that was in it."""
    token, parts, kept = "", PART.findall(query), []
    for part in parts:
        name, _, value = part.lstrip("&;").partition("=")
        if unquote_plus(name).strip().lower() == NAME:
            token = unquote_plus(value) or token
        else:
            kept.append(part)
    return without_strays(query if kept == parts else "".join(kept).lstrip("&;")), token


def without_strays(text: str) -> str:
    """Return it without tokens that came to stand elsewhere: they let nobody in from there."""
    return STRAY.sub("ship_taken-out", text)


def without_token_in(address: str) -> str:
    """Return an address, such as that of the page before, without any token in its query."""
    place, mark, query = address.partition("?")
    kept = without_token(query)[0]
    return without_strays(f"{place}{mark}{kept}" if kept else place)


class Discreet:
    """The outermost door for ASGI: what the server logs, at the end of a request, has no token."""

    def __init__(self, application: Any) -> None:
        self.application = application

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        query = scope.get("query_string", b"").decode("latin-1")
        kept, token = without_token(query)
        if kept != query:
            scope["query_string"] = kept.encode("latin-1")
        if "path" in scope:  # a server's own beginning and end have none
            scope["path"] = without_strays(scope["path"])
        scope["headers"] = [_discreet(*header) for header in scope.get("headers", ())]
        named = {name.lower() for name, _ in scope["headers"]}
        if token and b"authorization" not in named and scope["path"].startswith(PREFIX):
            said = f"{SCHEME} {token}".encode("utf-8", "replace")
            scope["headers"] = [*scope["headers"], (b"authorization", said)]
        await self.application(scope, receive, send)


def _discreet(name: bytes, value: bytes) -> tuple[bytes, bytes]:
    if name.lower() != b"referer":
        return name, value
    return name, without_token_in(value.decode("latin-1")).encode("latin-1")


class DiscreetWsgi:
    """The same for WSGI."""

    def __init__(self, application: Any) -> None:
        self.application = application

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        query = environ.get("QUERY_STRING", "")
        kept, token = without_token(query)
        path = environ.get("PATH_INFO", "")
        here = without_strays(path)
        if (kept, here) != (query, path):
            environ.update(QUERY_STRING=kept, PATH_INFO=here)
            for name in ("REQUEST_URI", "RAW_URI"):  # as some servers write it beside
                environ.pop(name, None)
        if "HTTP_REFERER" in environ:  # refusals of forms write it down
            environ["HTTP_REFERER"] = without_token_in(environ["HTTP_REFERER"])
        if token and here.startswith(PREFIX) and "HTTP_AUTHORIZATION" not in environ:
            environ["HTTP_AUTHORIZATION"] = f"{SCHEME} {token}"
        return self.application(environ, start_response)
