"""A chat behind a relay, played by a real HTTP server: it hears, and remembers what it is told."""

from __future__ import annotations

import itertools
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from django.test import Client

from bots import connections, signing
from bots.models import ChatConnection
from tests.deployments import build


@dataclass
class Relay:
    """The other end of a connection: `told` is what stands in its chat, by the relay's ids."""

    connection: ChatConnection
    secret: str
    told: dict[str, dict[str, Any]] = field(default_factory=dict)
    requests: list[dict[str, Any]] = field(default_factory=list)
    answers: Iterator[int] = field(default_factory=lambda: itertools.repeat(200))
    unsigned: int = 0
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def say(
        self, text: str, account: str = "U1", room: str = "R1", thread: str = "", **more: Any
    ) -> Any:
        """Send a message as a relay does, and return the answer."""
        content = {
            "id": f"m{next(self.numbers)}",
            "text": text,
            "account": {"id": account, "name": f"{account}-name"},
            "room": {"id": room, "name": f"#{room}"},
            "thread": thread,
            **more,
        }
        return self.post(json.dumps(content).encode())

    def post(self, body: bytes, at: float = 0.0, secret: str = "", name: str = "") -> Any:
        stamp = str(int(at or time.time()))
        signed = signing.signature(secret or self.secret, stamp, body)
        address = f"/api/chat/connections/{name or self.connection.name}/messages/"
        headers = {signing.TIMESTAMP: stamp, signing.SIGNATURE: signed}
        return Client().post(address, body, content_type="application/json", headers=headers)

    def take(self, body: bytes, timestamp: str, signature: str) -> tuple[int, dict[str, Any]]:
        """Take what Shipmate sends, unless it is badly signed; the same id counts once."""
        if not signing.is_signed(self.secret, timestamp, signature, body):
            self.unsigned += 1
            return 401, {}
        status = next(self.answers)
        if status != 200:
            return status, {}
        content = json.loads(body)
        self.requests.append(content)
        name = content["id"] if content["type"] == "edit" else f"r-{content['id']}"
        first = self.told.get(name, {})
        self.told[name] = {**content, "thread": first.get("thread", content["thread"])}
        self.told[name]["deployment"] = content.get("deployment", first.get("deployment"))
        return 200, {"id": name}

    def texts(self, room: str = "R1", thread: str = "") -> list[str]:
        """Return what stands in a room, or in a thread of it."""
        found = [one for one in self.told.values() if one["room"] == room]
        return [one["text"] for one in found if one["thread"] == thread]


class _Handler(BaseHTTPRequestHandler):
    relay: Relay

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        given = (self.headers.get(signing.TIMESTAMP, ""), self.headers.get(signing.SIGNATURE, ""))
        status, content = self.relay.take(body, *given)
        said = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, *_: object) -> None:
        """Say nothing of each request."""


@contextmanager
def connected(ceiling: str = "maintainer") -> Iterator[Relay]:
    """Make a connection, with a server at its other end."""
    handler = type("Handler", (_Handler,), {})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        url = f"http://127.0.0.1:{server.server_port}/say"
        made, secret = connections.make("hubot", url, ceiling, build.maker())
        handler.relay = Relay(made, secret)  # type: ignore[attr-defined]
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield handler.relay  # type: ignore[attr-defined]
        server.shutdown()
