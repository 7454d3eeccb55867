"""Secrets at rest: encrypted with the first Fernet key, readable with each, so keys can rotate."""

from __future__ import annotations

import hashlib
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings

from deployments.exceptions import DeploymentError


def encrypt(text: str) -> bytes:
    return _fernet().encrypt(text.encode())


def decrypt(data: bytes | memoryview) -> str:
    """Return the text. A value made with a key that is gone is refused, never guessed."""
    try:
        return _fernet().decrypt(bytes(data)).decode()
    except InvalidToken:
        raise DeploymentError(
            "A secret cannot be read with today's keys. Give SHIPMATE_FERNET_KEYS the key it was "
            "saved with, or save the secret again.",
            code="settings",
        ) from None


def rotate(data: bytes | memoryview) -> bytes:
    """Return the same secret under the first key."""
    return _fernet().rotate(bytes(data))


def fingerprint(text: str) -> str:
    """Return a short mark that shows whether two values are the same, and nothing of them.

    Keyed, so that nobody can try likely values against it.
    """
    key = settings.SECRET_KEY.encode()[:64]
    return hashlib.blake2b(text.encode(), key=key, person=b"shipmate-secret"[:16]).hexdigest()[:12]


def _fernet() -> MultiFernet:
    return _made_of(*settings.SHIPMATE_FERNET_KEYS)


@lru_cache(maxsize=1)
def _made_of(*keys: str) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])
