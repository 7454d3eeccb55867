"""Key pairs that Shipmate signs in to hosts with, and fingerprints of public keys."""

from __future__ import annotations

import base64
import binascii
import hashlib
import io
from dataclasses import dataclass, field
from functools import lru_cache

import paramiko
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from deployments.exceptions import Invalid

SMALLEST_RSA = 2048
# What OpenSSH calls the same three kinds, and what Paramiko reads them with.
PARAMIKO_KINDS: dict[type, type[paramiko.PKey]] = {
    ed25519.Ed25519PrivateKey: paramiko.Ed25519Key,
    ec.EllipticCurvePrivateKey: paramiko.ECDSAKey,
    rsa.RSAPrivateKey: paramiko.RSAKey,
}
Supported = ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


@dataclass(frozen=True)
class KeyPair:
    private: str = field(repr=False)
    public: str

    @property
    def fingerprint(self) -> str:
        return fingerprint(self.public)


def generate(comment: str = "shipmate") -> KeyPair:
    return _pair(ed25519.Ed25519PrivateKey.generate(), comment)


def read(text: str, comment: str = "shipmate") -> KeyPair:
    """Check a private key that somebody pasted, and bring it into OpenSSH's own format."""
    key = _load(text)
    if not isinstance(key, Supported):
        raise Invalid("This kind of key is not supported. Use Ed25519, ECDSA or RSA.")
    if isinstance(key, rsa.RSAPrivateKey) and key.key_size < SMALLEST_RSA:
        raise Invalid(
            f"This RSA key has {key.key_size} bits; hosts refuse less than {SMALLEST_RSA}. "
            "Make an Ed25519 key instead."
        )
    return _pair(key, comment)


def fingerprint(public: str) -> str:
    """Return what `ssh-keygen -l` shows of a public key line: SHA256:…"""
    digest = hashlib.sha256(blob(public)).digest()
    return "SHA256:" + base64.b64encode(digest).decode().rstrip("=")


def blob(public: str) -> bytes:
    """Return the key itself out of a line such as `ssh-ed25519 AAAA… comment`."""
    try:
        return base64.b64decode(public.split()[1], validate=True)
    except (IndexError, binascii.Error) as error:
        raise Invalid(
            f"“{public[:60]}” is not a public key. It looks like “ssh-ed25519 AAAA…”."
        ) from error


@lru_cache(maxsize=256)
def signing_key(private: str) -> paramiko.PKey:
    """Parse a private key once per process: it costs more than the rest of a sign-in."""
    pair = read(private)
    key = serialization.load_ssh_private_key(pair.private.encode(), None)
    kind = next(kind for known, kind in PARAMIKO_KINDS.items() if isinstance(key, known))
    return kind.from_private_key(io.StringIO(pair.private))


def _pair(key: Supported, comment: str) -> KeyPair:
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.OpenSSH,
        serialization.NoEncryption(),
    )
    public = key.public_key().public_bytes(
        serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH
    )
    return KeyPair(private.decode(), f"{public.decode()} {' '.join(comment.split())}".strip())


def _load(text: str) -> object:
    # Browsers send CRLF, and people forget the last line's end.
    data = (text.strip().replace("\r\n", "\n") + "\n").encode()
    for load in (serialization.load_ssh_private_key, serialization.load_pem_private_key):
        try:
            return load(data, None)
        except TypeError as error:
            raise Invalid(
                "This key is protected by a passphrase, which Shipmate has nowhere to type in. "
                "Make one without: ssh-keygen -t ed25519 -N ''"
            ) from error
        except (ValueError, UnsupportedAlgorithm):
            continue
    raise Invalid(_why_not_a_key(text))


def _why_not_a_key(text: str) -> str:
    if text.lstrip().startswith(("ssh-", "ecdsa-")):
        return "This is the public half. Paste the private key: the file without “.pub”."
    return "This is not a private key. It begins with “-----BEGIN OPENSSH PRIVATE KEY-----”."
