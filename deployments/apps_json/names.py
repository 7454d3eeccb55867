"""Names and addresses as they are written in the file, and as they are written here."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from deployments.apps_json.wanted import WantedHost

LONGEST, LONGEST_ADDRESS = 63, 253
SUFFIX = "-app"
REPOSITORY = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*/[A-Za-z0-9_.-]+")
ADDRESS = re.compile(r"[a-z+]+://.+|[A-Za-z0-9_.-]+@[^:/]+:.+|/.+", re.I)
LOGIN = re.compile(
    r"(?:(?P<user>[A-Za-z0-9_][-A-Za-z0-9_.]*)@)?"
    r"(?P<address>\[[0-9A-Fa-f:]+\]|[A-Za-z0-9_][-A-Za-z0-9_.]*)(?::(?P<port>[0-9]{1,5}))?"
)
PLACE = "https://github.com/{repository}"
USER = "deploy"


def called(written: str) -> str:
    """Return the nearest name that a thing may have here; empty: there is none."""
    plain = unicodedata.normalize("NFKD", written).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^-_.a-z0-9]+", "-", plain).lstrip("-_.")[:LONGEST].rstrip("-")


def instead(name: str) -> str:
    """Return a name in place of one that is a word of the language."""
    return name[: LONGEST - len(SUFFIX)] + SUFFIX


def located(repository: str, api: str, place: str) -> str:
    """Return a repository's address; empty: what is written is no repository.

    `place` is where repositories are of which only owner and name are known. `api` says that one
    is at an Enterprise.
    """
    written = repository.strip()
    if ADDRESS.fullmatch(written):
        return written
    if not REPOSITORY.fullmatch(written):
        return ""
    return (_enterprise(api) or place).replace("{repository}", written.removesuffix(".git"))


def is_api(text: str) -> bool:
    """Return whether it may be where GitHub's API is."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme == "https" and bool(parts.hostname) and "@" not in parts.netloc


def _enterprise(api: str) -> str:
    """Return where the repositories of an Enterprise are, from where its API is."""
    host = urlsplit(api).netloc.lower() if api else ""
    if host in ("", "api.github.com", "github.com"):
        return ""
    host = host.removeprefix("api.") if host.endswith(".ghe.com") else host
    return f"https://{host}/{{repository}}"


def host(written: Any) -> WantedHost | None:
    """Return the host that is meant: “deploy@web-1.example.com:22”, or its parts by their names."""
    given = dict(written) if isinstance(written, Mapping) else {"address": written}
    found = LOGIN.fullmatch(str(given.get("address") or given.get("name") or ""))
    if found is None:
        return None
    address = found["address"].strip("[]")
    port = str(given.get("port") or found["port"] or 22)
    user = str(given.get("user") or found["user"] or USER)
    roles = given.get("roles") or []
    name = called(str(given.get("name") or address))
    if (
        not name
        or not _is_port(port)
        or len(address) > LONGEST_ADDRESS
        or not isinstance(roles, list)
    ):
        return None
    return WantedHost(name, address, int(port), user, tuple(called(str(role)) for role in roles))


def _is_port(text: str) -> bool:
    return bool(re.fullmatch(r"[0-9]{1,5}", text)) and 0 < int(text) < 65_536
