"""`X-Hub-Signature-256`: `sha256=` and the HMAC of the body, byte for byte, in hexadecimal.

https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries
"""

from __future__ import annotations

import hashlib
import hmac
import re

HEADER = "X-Hub-Signature-256"
FORM = re.compile(r"sha256=[0-9a-f]{64}", re.I | re.A)


def made(secret: str, body: bytes) -> str:
    return f"sha256={hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}"


def is_one(given: str) -> bool:
    """Return whether it has the form of a signature, so that the body is worth reading."""
    return FORM.fullmatch(given) is not None


def is_right(secret: str, body: bytes, given: str) -> bool:
    return hmac.compare_digest(made(secret, body), given.lower())
