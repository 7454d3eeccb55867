"""Heroku's Platform API, version 3, as far as a deployment needs it.

https://devcenter.heroku.com/articles/platform-api-reference
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain, repeat
from pathlib import Path
from typing import Any
from urllib.parse import quote

import requests
from requests.auth import AuthBase

from deployments.providers.clouds.program import Refusal, say

ADDRESS = "https://api.heroku.com"
ACCEPT = "application/vnd.heroku+json; version=3"
# What Heroku's own command line asks a build to stop with; the reference does not have it.
ACCEPT_CANCEL = f"{ACCEPT}.cancel-build"
TIMEOUT = (10, 30)
UPLOAD_TIMEOUT = (10, 300)
BRIEF = (5, 10)  # whoever asks what runs waits for half a minute
HURRIED = (3, 6)  # and whoever ends a program for ten seconds
PATIENCE = 300.0  # seconds without a good answer
PAUSES = (1.0, 2.0, 5.0, 10.0, 20.0)
NEWEST = 100  # builds or releases that are looked at
TRIES = 3  # to bring the code

Json = dict[str, Any]


class Unheard(Exception):
    """No answer came to what must not be asked twice: it may have been done."""


@dataclass(frozen=True)
class Wait:
    """Why there is no answer yet, and how long at least to leave Heroku alone."""

    why: str
    seconds: float = 0.0
    may_be_done: bool = True


class Client:
    """What is asked of Heroku for one app."""

    def __init__(
        self, app: str, token: str, address: str = ADDRESS, *, brief: bool = False
    ) -> None:
        """`brief`: ask once, and take no answer in a few seconds for none."""
        self.app = app
        self._patience, self._timeout = (0.0, BRIEF) if brief else (PATIENCE, TIMEOUT)
        self._place = f"/apps/{quote(app, safe='')}"
        self._address = address.rstrip("/")
        self._session = requests.Session()
        self._session.auth = _Bearer(token)
        self._session.headers.update({"Accept": ACCEPT, "User-Agent": "Shipmate"})

    def builds(self) -> list[Json]:
        """Return the newest builds, the last one first."""
        return self._list("builds", "updated_at")

    def build(self, name: str) -> Json:
        return dict(self._request("GET", self._path("builds", name)))

    def create_build(self, source: Mapping[str, str]) -> Json:
        """Have a build begun. Raises Unheard where it may have been."""
        return self._post("builds", {"source_blob": dict(source)})

    def stop_build(self, name: str) -> int:
        """Ask for a build's end, once, as Heroku's command line does; return the status code."""
        answer = self._session.delete(
            self._address + self._path("builds", name),
            headers={"Accept": ACCEPT_CANCEL},
            timeout=HURRIED,
            allow_redirects=False,
        )
        return answer.status_code

    def releases(self) -> list[Json]:
        """Return the newest releases, the last one first."""
        return self._list("releases", "version")

    def release(self, name: str) -> Json:
        return dict(self._request("GET", self._path("releases", name)))

    def roll_back(self, release: str) -> Json:
        """Have a former release made anew. Raises Unheard where it may have been."""
        return self._post("releases", {"release": release})

    def slug(self, name: str) -> Json:
        return dict(self._request("GET", self._path("slugs", name)))

    def upload(self, archive: Path) -> str:
        """Bring a tar.gz to a place that Heroku makes for it; return where Heroku reads it."""
        for pause in PAUSES[:TRIES]:
            blob = self._request("POST", "/sources")["source_blob"]
            why = _put(blob["put_url"], archive)
            if not why:
                return str(blob["get_url"])
            say(f"Heroku's store did not take the code: {why}.")
            time.sleep(pause)
        raise Refusal("Heroku's store did not take the code. Nothing was built. Retry later.")

    def _path(self, what: str, name: str) -> str:
        return f"{self._place}/{what}/{quote(name, safe='')}"

    def _list(self, what: str, by: str) -> list[Json]:
        newest = {"Range": f"{by} ..; max={NEWEST}, order=desc"}
        return list(self._request("GET", f"{self._place}/{what}", headers=newest))

    def _post(self, what: str, body: Json) -> Json:
        return dict(self._request("POST", f"{self._place}/{what}", body=body, twice=False))

    def _request(
        self,
        method: str,
        path: str,
        *,
        body: Json | None = None,
        headers: Mapping[str, str] | None = None,
        twice: bool = True,
    ) -> Any:
        """Ask until there is an answer. `twice`: asking again does no harm."""
        until = time.monotonic() + self._patience
        for pause in chain(PAUSES, repeat(PAUSES[-1])):
            answer = self._attempt(method, path, body, headers)
            if not isinstance(answer, Wait):
                return answer
            if answer.may_be_done and not twice:
                raise Unheard(answer.why)
            seconds = max(pause, answer.seconds)
            if time.monotonic() + seconds > until:
                break
            say(f"Heroku: {answer.why}. Asking again in {seconds:.0f} s.")
            time.sleep(seconds)
        if not self._patience:
            raise Refusal(f"Heroku did not answer: {answer.why}.")
        raise Refusal(
            f"Heroku did not answer for {self._patience:.0f} seconds; its last word: {answer.why}. "
            "See https://status.heroku.com, then retry: a build that began is found again."
        )

    def _attempt(
        self, method: str, path: str, body: Json | None, headers: Mapping[str, str] | None
    ) -> Any | Wait:
        url = self._address + path
        try:
            answer = self._session.request(
                method,
                url,
                json=body,
                headers=headers,
                timeout=self._timeout,
                allow_redirects=False,
            )
        except requests.RequestException as error:
            return Wait(_said(error))
        if answer.status_code == requests.codes.too_many_requests:
            return Wait("too many requests were made with this token", _retry_after(answer), False)
        if answer.status_code >= requests.codes.server_error:
            return Wait(f"it answers {answer.status_code}")
        if not answer.ok or answer.is_redirect:
            raise Refusal(self._refused(answer))
        return _json(answer)

    def _refused(self, answer: requests.Response) -> str:
        """Say what an answer of the fours means, and what to do."""
        said = _message(answer)
        match answer.status_code:
            case 401:
                return (
                    "Heroku does not know the token (401). Make one with `heroku authorizations"
                    ":create` and set it as the secret HEROKU_API_KEY, then retry."
                )
            case 402:
                return f"Heroku asks for a payment or a verified account first (402): {said}"
            case 403:
                return (
                    f"The token may not do this to “{self.app}” (403): {said} Give its owner the "
                    "right to deploy there, or use the token of somebody who has it."
                )
            case 404:
                return (
                    f"Heroku has no app “{self.app}” that this token may see, or what was asked "
                    f"for is gone (404): {said} See the name of the app in the settings."
                )
        return f"Heroku refuses it ({answer.status_code}): {said}"


class _Bearer(AuthBase):
    """The token, also where a .netrc knows another."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


def nobody(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Sign in as nobody: these addresses are signed themselves, and are not Heroku's API."""
    return request


def _put(url: str, archive: Path) -> str:
    """Bring a file; return what went wrong."""
    try:
        with archive.open("rb") as file:
            # The address is signed for no content type.
            answer = requests.put(
                url, data=file, auth=nobody, timeout=UPLOAD_TIMEOUT, allow_redirects=False
            )
    except requests.RequestException as error:
        return _said(error)
    return "" if answer.status_code in (200, 201, 204) else f"it answers {answer.status_code}"


def _json(answer: requests.Response) -> Any:
    try:
        return answer.json()
    except requests.JSONDecodeError:
        return Wait("its answer is no JSON")


def _message(answer: requests.Response) -> str:
    try:
        text = str(answer.json()["message"]).strip()
    except (requests.JSONDecodeError, KeyError, TypeError):
        return "no reason given."
    return text if text.endswith(".") else f"{text}."


def _retry_after(answer: requests.Response) -> float:
    """Return how long it asks for. Without a word of it: until some requests are granted anew."""
    text = answer.headers.get("Retry-After", "")
    return min(float(text), PATIENCE) if text.isdigit() else PAUSES[-1]


def _said(error: requests.RequestException) -> str:
    """Say it without the address: what is signed for must not be read in a log."""
    if isinstance(error, requests.Timeout):
        return "no answer came in time"
    if isinstance(error, requests.exceptions.SSLError):
        return "its certificate is not to be trusted"
    return f"the connection failed ({type(error).__name__})"
