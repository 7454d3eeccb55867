"""No body is larger than this, whatever its sender says of it.

Django's door for ASGI puts a whole body on disk before anybody looks at it, however long it is.
"""

from __future__ import annotations

import json
from typing import Any

from asgiref.typing import (
    ASGI3Application,
    ASGIReceiveCallable,
    ASGIReceiveEvent,
    ASGISendCallable,
    ASGISendEvent,
    HTTPScope,
    Scope,
)
from django.conf import settings

from deployments.api.errors import body
from deployments.api.github import errors as github
from deployments.api.github.addresses import PREFIX


class Bounded:
    """Answer 413 as soon as a body is too large, and read no further."""

    def __init__(self, application: ASGI3Application) -> None:
        self.application = application

    async def __call__(
        self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable
    ) -> None:
        if scope["type"] != "http":
            await self.application(scope, receive, send)
            return
        most = _most(scope["path"])
        if _said(scope) > most:
            await _refuse(scope, send, most)
            return
        read, begun = 0, False

        async def counted() -> ASGIReceiveEvent:
            nonlocal read
            event = await receive()
            read += len(event.get("body", b"")) if event["type"] == "http.request" else 0
            # To the application it is as if the sender had gone away.
            return {"type": "http.disconnect"} if read > most else event

        async def noted(event: ASGISendEvent) -> None:
            nonlocal begun
            begun = True
            await send(event)

        await self.application(scope, counted, noted)
        if read > most and not begun:
            await _refuse(scope, send, most)


def _most(path: str) -> int:
    """Return how many bytes a body may have there; what forges tell may be long."""
    if path.startswith("/webhooks/"):
        return int(settings.SHIPMATE_WEBHOOK_MAX_MB) * 1_000_000
    return int(settings.DATA_UPLOAD_MAX_MEMORY_SIZE)


def _said(scope: HTTPScope) -> int:
    """Return how long the body is going to be, as its sender says."""
    said = dict(scope["headers"]).get(b"content-length", b"")
    return int(said) if said.isdigit() and len(said) < 19 else 0


def _told(path: str, said: str) -> dict[str, Any]:
    return github.body(413, said) if path.startswith(PREFIX) else body("too_large", said)


async def _refuse(scope: HTTPScope, send: ASGISendCallable, most: int) -> None:
    said = f"A body has at most {most} bytes."
    is_api = scope["path"].startswith("/api/")
    text = json.dumps(_told(scope["path"], said)) if is_api else said
    kind = b"application/json" if is_api else b"text/plain"
    headers: Any = [(b"content-type", kind), (b"connection", b"close")]
    start: Any = {"type": "http.response.start", "status": 413, "headers": headers}
    await send(start)
    rest: Any = {"type": "http.response.body", "body": text.encode(), "more_body": False}
    await send(rest)
