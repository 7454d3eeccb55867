"""Plain signed HTTP: a relay gets each message by POST and says it in its chat. See docs/chat.md.

It has not met a chat of its own: whoever takes the messages decides how they look there.
"""

from __future__ import annotations

import json
from typing import Any

import requests

from bots import signing
from bots.messages import Message, to_json
from bots.platforms.contract import Abilities, Place, Undelivered
from bots.rendering import plain
from deployments import outbound, vault
from deployments.models import Deployment, Person

SECONDS = 15
LATER = frozenset({401, 403, 404, 408, 425, 429})  # mended there, it is taken later
LONGEST_ID, LONGEST_WAIT = 200, 3600


class HttpPlatform:
    abilities = Abilities(threads=True, edits=True, buttons=True, private=True)

    def send(
        self,
        place: Place,
        message: Message,
        *,
        key: str,
        deployment: Deployment | None = None,
        author: Person | None = None,
    ) -> str:
        """Return the id that the relay gives the message, or else the key, which it may use too."""
        told = {"type": "message", "id": key, "author": str(author) if author else ""}
        begins = {"deployment": deployment.pk} if deployment else {}
        answer = _post(place, {**told, **begins, **_words(place, message)})
        return _id(answer) or key

    def edit(self, place: Place, external_id: str, message: Message) -> None:
        _post(place, {"type": "edit", "id": external_id, **_words(place, message)})


def _words(place: Place, message: Message) -> dict[str, Any]:
    return {
        "room": place.room,
        "thread": place.thread,
        "reply_to": place.reply_to,
        "only_for": place.only_for,
        "text": plain.render(message),
        "message": to_json(message),
    }


def _post(place: Place, content: dict[str, Any]) -> bytes:
    connection = place.connection
    if connection is None or not connection.url:
        raise Undelivered("This connection has no address to send to.")
    body = json.dumps(content, ensure_ascii=False).encode()
    headers = signing.headers(vault.decrypt(connection.secret_encrypted), body)
    try:
        answer = outbound.post(connection.url, body, headers, seconds=SECONDS)
    except requests.RequestException as error:
        kind = type(error).__name__
        raise Undelivered(f"{connection.url} does not answer ({kind}).") from None
    if not 200 <= answer.status < 300:
        raise Undelivered(
            f"{connection.url} answered {answer.status}.",
            permanent=400 <= answer.status < 500 and answer.status not in LATER,
            after=_seconds(answer.retry_after),
        )
    return answer.body


def _seconds(text: str) -> float:
    """Read a Retry-After in seconds; a date is as good as nothing said."""
    return min(float(text), LONGEST_WAIT) if text.isascii() and text.isdigit() else 0.0


def _id(body: bytes) -> str:
    try:
        told = json.loads(body)
    except ValueError:
        return ""
    found = told.get("id") if isinstance(told, dict) else None
    return found[:LONGEST_ID] if isinstance(found, str) else ""
