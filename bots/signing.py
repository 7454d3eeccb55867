"""Messages between Shipmate and a relay are signed, both ways, with the connection's secret.

`X-Shipmate-Timestamp` holds the seconds since 1970, `X-Shipmate-Signature` holds `v1=` and the
HMAC-SHA256, in hexadecimal, of the timestamp, a full stop and the body, byte for byte.
"""

from __future__ import annotations

import hashlib
import hmac
import time

TIMESTAMP, SIGNATURE = "X-Shipmate-Timestamp", "X-Shipmate-Signature"
PATIENCE = 300  # seconds that clocks may differ, and a message may be under way


def signature(secret: str, timestamp: str, body: bytes) -> str:
    made = hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256)
    return f"v1={made.hexdigest()}"


def headers(secret: str, body: bytes) -> dict[str, str]:
    """Return what a message is sent with."""
    now = str(int(time.time()))
    return {TIMESTAMP: now, SIGNATURE: signature(secret, now, body)}


def is_signed(secret: str, timestamp: str, given: str, body: bytes) -> bool:
    """Return whether the body was signed with the secret, and lately."""
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) < 13):
        return False
    expected = signature(secret, timestamp, body)
    is_right = hmac.compare_digest(expected.encode(), given.encode(errors="replace"))
    return is_right and abs(time.time() - int(timestamp)) <= PATIENCE
