"""Calls of GitHub's API: kept connections, known answers, patience, and refusals in words."""

from __future__ import annotations

import json
import os
import re
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from threading import Lock
from typing import Any
from urllib.parse import urlencode

import requests

from deployments.exceptions import ForgeError, RepositoryAway
from deployments.forges.github import limits
from deployments.forges.github.places import Place
from deployments.forges.text import plain
from deployments.outbound import Pool, Reply

SECONDS = 15
LARGEST = 16 * 1024 * 1024
PAUSES = (0.3, 1.0)  # before asking again where GitHub is ill
PATIENT = 3.0  # seconds that are waited on the spot when GitHub asks for it
MOST_PAGES = 100
REMEMBERED, MOST_KEPT = 500, 32 * 1024 * 1024  # answers; bytes of them all
HEADERS = {
    "Accept": "application/vnd.github+json",
    "X-GitHub-Api-Version": "2022-11-28",
}
NEXT = re.compile(r'<([^>]+)>;\s*rel="next"')
Query = Mapping[str, str | int]


def _keep() -> None:
    """Leave what somebody gave as it is: no other is to be had."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: `whose` tells credentials apart, and is never shown.

    `forget`: GitHub has refused it, so another is to be made for the next question.
    """

    place: Place
    whose: str = field(repr=False)
    authorization: str = field(repr=False)
    forget: Callable[[], None] = field(default=_keep, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class _Known:
    etag: str
    reply: Reply


class _Memory:
    """The last answers: GitHub charges nothing for one that has not changed."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._known: OrderedDict[tuple[str, str], _Known] = OrderedDict()

    def get(self, key: tuple[str, str]) -> _Known | None:
        with self._lock:
            return self._known.get(key)

    def keep(self, key: tuple[str, str], known: _Known) -> None:
        """Keep it, and let go of those that were kept longest ago: a list of pull requests may
        have megabytes."""
        with self._lock:
            self._known[key] = known
            self._known.move_to_end(key)
            size = sum(len(one.reply.body) for one in self._known.values())
            while len(self._known) > REMEMBERED or size > MOST_KEPT:
                _, gone = self._known.popitem(last=False)
                size -= len(gone.reply.body)


_memory = _Memory()


def get(caller: Caller, url: str, query: Query | None = None) -> Any:
    """Return what GitHub says, read anew or known to be unchanged."""
    return read(_got(caller, f"{url}?{urlencode(query)}" if query else url))


def pages(caller: Caller, url: str, query: Query | None = None) -> Iterator[Any]:
    """Yield every page to the end; a next page at another address is no page of this."""
    following: str | None = f"{url}?{urlencode({'per_page': 100, **(query or {})})}"
    for _ in range(MOST_PAGES):
        if following is None:
            return
        reply = _got(caller, following)
        yield read(reply)
        following = _next(caller.place, reply)
    raise ForgeError(f"GitHub has more than {MOST_PAGES} pages about {caller.place.full_name}.")


def look(caller: Caller, url: str) -> Reply:
    """Return GitHub's answer, whatever it is: who asks knows what a refusal means there."""
    return _patiently(caller, url, {})


def exists(caller: Caller, url: str) -> bool:
    """Return whether GitHub shows this; other refusals are raised."""
    reply = look(caller, url)
    if reply.status not in {200, 404} or not is_answer(reply):
        raise refusal(caller.place, reply)
    return reply.status == 200


def post(caller: Caller, url: str, values: Mapping[str, Any]) -> Any:
    """Send something, and return what GitHub says to it."""
    reply = send(caller, url, values)
    if reply.status >= 300:
        raise refusal(caller.place, reply)
    return read(reply)


def send(
    caller: Caller,
    url: str,
    values: Mapping[str, Any] | None = None,
    *,
    method: str = "POST",
    until: float | None = None,
) -> Reply:
    """Send something. It is never sent twice: who can tell what a lost answer was?

    `until`: not after this moment of `outbound.clock`. Raises outbound.TooLate.
    """
    body = b"" if values is None else json.dumps(values).encode()
    return _ask(caller, method, url, {}, body, until)


def once(url: str, authorization: str) -> Reply:
    """Ask with a token that is used now and then forgotten: nothing of the answer is kept."""
    try:
        headers = {**HEADERS, "Authorization": authorization}
        return _pool(certificates()).ask("GET", url, headers, seconds=SECONDS)
    except requests.RequestException as error:
        raise RepositoryAway(f"GitHub cannot be reached: {_words(error)}") from error


def refusal(place: Place, reply: Reply) -> ForgeError:
    """Return what GitHub's answer means, with what to do next."""
    said = message(reply)
    if reply.status >= 500:
        return RepositoryAway(f"GitHub cannot answer about {place.full_name} now ({reply.status}).")
    if reply.status < 300 or not is_answer(reply):
        return RepositoryAway(
            f"A proxy, or something else on the way to GitHub, answered about {place.full_name} in"
            f" its place ({reply.status})."
        )
    return ForgeError(_meaning(place, reply, said))


def is_answer(reply: Reply) -> bool:
    """Return whether GitHub's API wrote it, and no proxy on the way put a page in its place."""
    try:
        return isinstance(json.loads(reply.body), dict | list)
    except ValueError:
        return False


def _meaning(place: Place, reply: Reply, said: str) -> str:
    name = place.full_name
    if reply.status == 401:
        return (
            f"GitHub does not take the credential of {name} ({said}): it was revoked, or is past"
            " its end. Set a new one in the app's settings."
        )
    if "X-GitHub-SSO" in reply.headers:
        return (
            f"The organisation of {name} asks for single sign-on. Authorise the token for it at"
            " GitHub: Settings, Developer settings, Personal access tokens, Configure SSO."
        )
    if reply.status == 403:
        return (
            f"GitHub does not let this credential do that in {name} ({said}). It needs to read"
            " Contents, Commit statuses, Checks and Metadata of the repository."
        )
    if reply.status == 404:
        return (
            f"GitHub shows this credential no {name}. There is none of that name, or the"
            " credential has no right to see it: a fine-grained token must name the repository, a"
            " classic one needs the scope “repo”, an App must be installed on it."
        )
    if reply.status in {301, 302, 307, 308}:
        return f"{name} has another name or owner at GitHub now; set the address that it has."
    return f"GitHub refuses to answer about {name} ({reply.status}: {said})."


def _got(caller: Caller, url: str) -> Reply:
    key = (caller.whose, url)
    known = _memory.get(key)
    reply = _patiently(caller, url, {"If-None-Match": known.etag} if known else {})
    if reply.status == 304 and known:
        return known.reply
    if reply.status != 200:
        raise refusal(caller.place, reply)
    if etag := reply.headers.get("ETag"):
        _memory.keep(key, _Known(etag, reply))
    return reply


def _patiently(caller: Caller, url: str, more: Mapping[str, str]) -> Reply:
    """Ask again where GitHub is ill or away for a moment."""
    for pause in PAUSES:
        try:
            reply = _ask(caller, "GET", url, more)
            if reply.status < 500:
                return reply
        except _Lost:
            pass
        time.sleep(pause)
    return _ask(caller, "GET", url, more)


class _Lost(RepositoryAway):
    """No answer came."""


def _ask(
    caller: Caller,
    method: str,
    url: str,
    more: Mapping[str, str],
    body: bytes | None = None,
    until: float | None = None,
) -> Reply:
    """Ask once, and once more after a pause that GitHub asks for, if it is short."""
    reply, wait = _once(caller, method, url, more, body, until)
    if 0 < wait <= PATIENT:
        time.sleep(wait)
        reply, wait = _once(caller, method, url, more, body, until)
    if wait > 0:
        limits.require(caller.whose, caller.place.full_name)
    return reply


def _once(
    caller: Caller,
    method: str,
    url: str,
    more: Mapping[str, str],
    body: bytes | None,
    until: float | None,
) -> tuple[Reply, float]:
    limits.require(caller.whose, caller.place.full_name)
    headers = {**HEADERS, "Authorization": caller.authorization, **more}
    if body:
        headers["Content-Type"] = "application/json"
    try:
        reply = _pool(certificates()).ask(
            method, url, headers, body, seconds=SECONDS, largest=LARGEST, until=until
        )
    except requests.RequestException as error:
        raise _Lost(f"GitHub cannot be reached: {_words(error)}") from error
    said = message(reply) if reply.status == 403 else ""
    wait = limits.remember(caller.whose, reply.status, reply.headers, said)
    if reply.status in {401, 403} and not wait:
        caller.forget()
    return reply, wait


@lru_cache(maxsize=4)
def _pool(certificates: str | None) -> Pool:
    return Pool(certificates)


def certificates() -> str | None:
    """Return the file of authorities that git is told, too, where a company has its own."""
    return os.environ.get("GIT_SSL_CAINFO") or os.environ.get("SSL_CERT_FILE")


def _words(error: requests.RequestException) -> str:
    if isinstance(error, requests.exceptions.InvalidHeader):  # whose words hold the credential
        return "its credential has signs that no request takes; set it again."
    if isinstance(error, requests.exceptions.SSLError):
        return "its certificate is not known here (SSL_CERT_FILE names the authorities)."
    if isinstance(error, requests.exceptions.ChunkedEncodingError):
        return "its answer broke off."
    if isinstance(error, requests.Timeout):
        return f"no answer within {SECONDS} s."
    return "the connection failed." if isinstance(error, requests.ConnectionError) else f"{error}."


def _next(place: Place, reply: Reply) -> str | None:
    found = NEXT.search(reply.headers.get("Link", ""))
    return found[1] if found and found[1].startswith(f"{place.api}/") else None


def read(reply: Reply) -> Any:
    """Return what an answer holds; nothing where it is empty."""
    try:
        return json.loads(reply.body or b"null")
    except ValueError:
        raise RepositoryAway("GitHub answered something that is no JSON.") from None


def moment(said: object) -> datetime | None:
    """Return a moment with its zone; what is none counts as unsaid."""
    try:
        found = datetime.fromisoformat(said) if isinstance(said, str) else None
        return found.replace(tzinfo=found.tzinfo or UTC).astimezone(UTC) if found else None
    except (ValueError, OverflowError):  # also before or after all that UTC has
        return None


def message(reply: Reply) -> str:
    """Return what GitHub says in words."""
    try:
        said = json.loads(reply.body)["message"]
    except (ValueError, TypeError, KeyError):
        return str(reply.status)
    return plain(str(said).encode(errors="replace"))[:200]
