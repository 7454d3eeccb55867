"""A provider of OpenID Connect, as a server; some of its answers may be spoilt."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import requests
from oidc_provider_mock import app
from werkzeug.serving import make_server

Answer = tuple[str, Any]


class Issuer:
    """The provider, and the answers that are given in place of its own."""

    def __init__(self) -> None:
        self.address = ""
        self.spoilt: dict[str, Answer] = {}
        self.asked: list[str] = []
        self._whole = app()

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        self.asked.append(path)
        if path not in self.spoilt:
            whole: Iterable[bytes] = self._whole(environ, start_response)
            return whole
        status, answer = self.spoilt[path]
        body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        start_response(status, [("Content-Type", "application/json")])
        return [body]

    def know(self, sub: str, **claims: Any) -> None:
        """Let there be somebody, of whom this is told."""
        address = f"{self.address}/users/{sub}"
        requests.put(address, json=claims, timeout=30).raise_for_status()

    def approve(self, address: str, sub: str) -> str:
        """Sign in there, as its page does; return where the browser is sent back to."""
        answer = requests.post(address, data={"sub": sub}, allow_redirects=False, timeout=30)
        assert answer.status_code == 302, answer.text
        return answer.headers["Location"]


@contextmanager
def served() -> Iterator[Issuer]:
    """Serve until the block ends."""
    issuer = Issuer()
    server = make_server("127.0.0.1", 0, issuer, threaded=True)
    issuer.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield issuer
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
