"""A way to a server on which answers are lost: the request arrives, what comes back does not."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit


class Lossy:
    """Passes whole requests on, and closes instead of answering as often as it is told."""

    def __init__(self, url: str) -> None:
        address = urlsplit(url)
        self.there = (str(address.hostname), int(address.port or 80))
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.losing = 0
        self.passed = 0
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return  # closed
            with near:
                self._pass_on(near)

    def _pass_on(self, near: socket.socket) -> None:
        with socket.create_connection(self.there) as far:
            far.sendall(_request(near))
            answer = b"".join(iter(lambda: far.recv(65_536), b""))
        self.passed += 1
        if self.losing:
            self.losing -= 1
        else:
            near.sendall(answer)


def _request(near: socket.socket) -> bytes:
    """Read a request with its body; the client closes after each (Connection: close)."""
    found = b""
    while b"\r\n\r\n" not in found:
        found += near.recv(65_536)
    head, _, body = found.partition(b"\r\n\r\n")
    lengths = [line for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
    length = int(lengths[0].split(b":")[1]) if lengths else 0
    while len(body) < length:
        body += near.recv(65_536)
    return head + b"\r\n\r\n" + body


@contextmanager
def before(url: str) -> Iterator[Lossy]:
    made = Lossy(url)
    try:
        yield made
    finally:
        made.listener.close()
