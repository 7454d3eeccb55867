"""The mark in what Shipmate makes at GitHub, by which it knows its own again.

It lets nobody in: whoever may read a payload may copy it. Nobody can make one, and another
installation, or this one before its database was set up anew, has others.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any

from django.core.signing import BadSignature, Signer

KEY = "shipmate"
SALT = "deployments.forges.github.marker"
FORM = re.compile(r"(?P<number>[1-9][0-9]{0,17}) of [0-9]{8}T[0-9]{12}")
LONGEST = 200


def made(number: int, since: datetime) -> str:
    """Return the mark of a deployment of ours: its number, and when it was asked for."""
    moment = f"{since.astimezone(UTC):%Y%m%dT%H%M%S%f}"
    return Signer(salt=SALT).sign(f"{number} of {moment}")


def found(payload: object) -> str:
    """Return what stands in a payload where the mark would, whoever wrote it."""
    if isinstance(payload, str):
        payload = _read(payload)
    said = payload.get(KEY) if isinstance(payload, dict) else None
    if isinstance(said, str) and len(said) <= LONGEST and said.isascii():
        return said
    return ""


def is_ours(payload: object) -> int | None:
    """Return the number of the deployment of ours that this is the payload of."""
    try:
        said = FORM.fullmatch(Signer(salt=SALT).unsign(found(payload)))
    except BadSignature:
        return None
    return int(said["number"]) if said else None


def is_anothers(payload: object) -> bool:
    """Return whether another Shipmate made it known, or this one with a key that it has no more."""
    said = found(payload).rpartition(Signer().sep)[0]
    return FORM.fullmatch(said) is not None and is_ours(payload) is None


def _read(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
