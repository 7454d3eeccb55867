"""What a build or a release command prints, read from Heroku as it comes.

The address is signed and belongs to that output alone. A connection that breaks is taken up again
where it broke.
"""

from __future__ import annotations

import time

import requests
import urllib3

from deployments.providers.clouds.heroku_api import nobody
from deployments.providers.clouds.program import say, write

TIMEOUT = (10, 20)  # without a byte for so long, it is asked whether there is still to be one
PAUSE = 2.0  # seconds before a connection that failed is tried again
TRIES = 3  # to read the rest, once nothing more is added
KEEP_ALIVE = b"\0"
BLOCK = 65_536
FAILED = (requests.RequestException, urllib3.exceptions.HTTPError)
QUIET = (requests.Timeout, urllib3.exceptions.ReadTimeoutError)


class Output:
    """The output behind one address, and how far it was read."""

    def __init__(self, url: str | None) -> None:
        self._url = url
        self._offset = 0
        self._told = ""

    def read(self) -> bool:
        """Pass on what comes until it ends, breaks or is quiet; return whether it ended."""
        try:
            return self._read(self._url) if self._url else True
        except QUIET:
            return False
        except FAILED as error:
            return self._fails(f"the connection to it broke ({type(error).__name__})")

    def finish(self) -> None:
        """Pass on the rest of what nothing is added to any more."""
        if not any(self.read() for _ in range(TRIES)):
            say("The end of Heroku's output could not be read.")

    def _read(self, url: str) -> bool:
        # Bytes are counted as they come, so nobody may pack them.
        headers = {"Accept": "text/plain", "Accept-Encoding": "identity"}
        if self._offset:
            headers["Range"] = f"bytes={self._offset}-"
        with requests.get(
            url, headers=headers, stream=True, auth=nobody, timeout=TIMEOUT, allow_redirects=False
        ) as answer:
            if answer.status_code == requests.codes.requested_range_not_satisfiable:
                return True  # nothing came after what was read
            if answer.status_code not in (requests.codes.ok, requests.codes.partial_content):
                return self._fails(f"its address answers {answer.status_code}")
            self._pass_on(answer, self._offset if answer.status_code == requests.codes.ok else 0)
        return True

    def _pass_on(self, answer: requests.Response, skip: int) -> None:
        """Write what comes; the first `skip` bytes were read before."""
        while got := answer.raw.read1(BLOCK):
            # What Heroku keeps a connection alive with is no part of the output.
            data = got.replace(KEEP_ALIVE, b"")
            fresh = data[skip:]
            skip -= len(data) - len(fresh)
            self._offset += len(fresh)
            if fresh:
                write(fresh)

    def _fails(self, why: str) -> bool:
        """Say once why nothing comes; the deployment goes on, and its result is asked for."""
        if why != self._told:
            self._told = why
            say(f"Heroku's output cannot be read now: {why}. Trying again.")
        time.sleep(PAUSE)
        return False
