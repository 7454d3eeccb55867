"""A body as it is read: tolerantly, for GitHub's events have many shapes, and old ones come too."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs

FORM = "application/x-www-form-urlencoded"
Payload = dict[str, Any]


class NotHandled(Exception):
    """Nothing is done with a delivery; the text says why."""


class Refuted(Exception):
    """GitHub itself says otherwise; the text says what, and what to do."""


def parsed(raw: bytes, content_type: str) -> Payload | None:
    """Return the object that the body holds, as JSON or in a form's `payload`; None: none."""
    try:
        found = json.loads(unwrapped(raw.decode("utf-8-sig"), content_type))
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def unwrapped(body: str, content_type: str) -> str:
    """Return what stands in a form's `payload`, or else the body as it is."""
    if content_type.partition(";")[0].strip().lower() != FORM:
        return body
    return parse_qs(body, max_num_fields=20).get("payload", [body])[0]


def at(payload: Payload, *path: str) -> Any:
    """Return what stands there; None where the way ends before."""
    found: Any = payload
    for name in path:
        found = found.get(name) if isinstance(found, dict) else None
    return found


def text(payload: Payload, *path: str, longest: int = 200) -> str:
    """Return the text that stands there, fit to be kept; empty where it is none."""
    found = at(payload, *path)
    return clean(found, longest) if isinstance(found, str) else ""


def number(payload: Payload, *path: str) -> int | None:
    """Return the number that stands there, if the database can hold it."""
    found = at(payload, *path)
    is_one = isinstance(found, int) and not isinstance(found, bool) and 0 < found < 2**63
    return found if is_one else None


def moment(payload: Payload, *path: str) -> datetime | None:
    """Return the moment that stands there, in text or, as GitHub did of old, in seconds."""
    found = at(payload, *path)
    try:
        if isinstance(found, str):
            told = datetime.fromisoformat(found)
            return told.astimezone(UTC) if told.tzinfo else None
        seconds = number(payload, *path)
        return datetime.fromtimestamp(seconds, UTC) if seconds else None
    except (ValueError, OverflowError, OSError):
        return None


def clean(text: str, longest: int = 200) -> str:
    """Return one line without what no database keeps: NULs and halves of signs."""
    kept = text.encode("utf-8", "replace").decode().replace("\x00", "")
    return " ".join(kept.split())[:longest]
